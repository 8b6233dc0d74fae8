package handshake

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"time"

	"github.com/coder/websocket"
)

// Options are those of the server's half of the opening handshake.
type Options struct {
	Subprotocols   []string
	Origins        []OriginPattern
	AllowAnyOrigin bool
	WriteTimeout   time.Duration

	// Negotiate returns the answer to the extensions that a client offers.
	Negotiate func(offers []string) (response string)

	// CloseAfter closes conn after d, unless stop is called before.
	CloseAfter func(conn net.Conn, d time.Duration) (stop func() bool)
}

// Accepted is a connection whose opening handshake is done.
type Accepted struct {
	Conn        net.Conn
	ReadWriter  *bufio.ReadWriter // nil, or with what the server has read beyond the request
	Subprotocol *string           // agreed on, nil for none
}

// version is the protocol's only one (RFC 6455 §4.1).
const version = "13"

// Accept does the handshake, or answers with what is wrong. The connection is
// taken from the server before anything is written, and the 101 is written on
// the connection itself: a middleware may keep back what is written through w,
// or refuse to be hijacked once something was.
func Accept(w http.ResponseWriter, r *http.Request, o Options) (a Accepted, refusal *Refusal) {
	if status, err := checkRequest(w, r, &o); err != nil {
		return a, Refuse(w, r, status, err)
	}
	v := verify(r)
	if v.status != http.StatusSwitchingProtocols {
		return a, Refuse(w, r, v.status, explain(r, v.status))
	}
	res := response{key: v.header.Get("Sec-WebSocket-Accept"), protocol: subprotocol(w, r, o.Subprotocols)}
	res.extensions = o.Negotiate(r.Header.Values("Sec-WebSocket-Extensions"))
	conn, brw, refusal := hijack(w, r)
	if refusal != nil {
		return a, refusal
	}
	if err := o.writeResponse(conn, brw, &res, w.Header()); err != nil {
		_ = conn.Close()
		return a, &Refusal{http.StatusInternalServerError, fmt.Errorf("writing the answer: %w", err)}
	}
	return Accepted{conn, brw, res.protocol}, nil
}

// verdict is the ResponseWriter that coder/websocket's Accept answers to. It
// keeps the status and the headers and has no connection: the client is
// answered by accept.
//
// Accept writes the status 101 when it has found nothing wrong, and asks for the
// connection next. It is refused one, so that it builds nothing on it, and what
// it answers to that is dropped.
type verdict struct {
	header http.Header
	status int // the first one, 0 before it
}

var errNoConn = errors.New("verdict has no connection")

func (v *verdict) Header() http.Header         { return v.header }
func (v *verdict) Write(p []byte) (int, error) { return len(p), nil }

func (v *verdict) WriteHeader(status int) {
	if v.status == 0 {
		v.status = status
	}
}

func (v *verdict) Hijack() (net.Conn, *bufio.ReadWriter, error) { return nil, nil, errNoConn }

// verify has Accept check the request (RFC 6455 §4.2.1), but for the origin. The
// lists among its headers, which checkRequest has read, are kept from Accept: for
// each comma that a client sends it would allocate an element.
func verify(r *http.Request) *verdict {
	v := &verdict{header: make(http.Header)}
	_, _ = websocket.Accept(v, &http.Request{
		Method: r.Method, Proto: r.Proto, ProtoMajor: r.ProtoMajor, ProtoMinor: r.ProtoMinor,
		Header: http.Header{
			"Connection": {"Upgrade"}, "Upgrade": {"websocket"},
			"Sec-Websocket-Version": r.Header["Sec-Websocket-Version"],
			"Sec-Websocket-Key":     r.Header["Sec-Websocket-Key"],
		},
	}, &websocket.AcceptOptions{InsecureSkipVerify: true}) // checkOrigin has verified
	return v
}

// checkRequest finds what Accept would answer less exactly, or not at all.
func checkRequest(w http.ResponseWriter, r *http.Request, o *Options) (status int, err error) {
	switch {
	case r.ProtoMajor > 1: // where Upgrade may not even be answered (RFC 9113 §8.2.2)
		return http.StatusNotImplemented, fmt.Errorf("%s has no Upgrade, so that %T cannot be hijacked: WebSockets need HTTP/1.1", r.Proto, innermost(w))
	case r.Method != http.MethodGet:
		w.Header().Set("Allow", http.MethodGet)
		return http.StatusMethodNotAllowed, errors.New("handshake method is not GET")
	case r.ContentLength != 0: // its bytes would be taken for frames
		return http.StatusBadRequest, errors.New("handshake has a body")
	case len(r.Header.Values("Upgrade")) > 0 && !slices.Equal(r.Header.Values("Sec-WebSocket-Version"), []string{version}):
		return http.StatusUpgradeRequired, errors.New("WebSocket version is not " + version)
	case !IsUpgrade(r): // Accept takes other letters for ASCII ones, and other blanks for whitespace
		return http.StatusUpgradeRequired, explainUpgrade(r)
	}
	return http.StatusForbidden, explainOrigin(r, o.checkOrigin(r))
}
