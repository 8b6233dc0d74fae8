package ws

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"

	"github.com/coder/websocket"
)

// handshake is an accepted one, and the connection it leaves to its session.
type handshake struct {
	conn       net.Conn
	brw        *bufio.ReadWriter // nil, or with what the server has read beyond the request
	key        string            // of the answer: Sec-WebSocket-Accept
	protocol   *string           // agreed on, nil for none
	compress   *compression
	extensions string // of the answer: Sec-WebSocket-Extensions, "" for none
}

// version is the protocol's only one (RFC 6455 §4.1).
const version = "13"

// accept does the handshake, or answers with what is wrong. The connection is
// taken from the server before anything is written, and the 101 is written on
// the connection itself: a middleware may keep back what is written through w,
// or refuse to be hijacked once something was.
func (u *Upgrader) accept(w http.ResponseWriter, r *http.Request) (h handshake, err error) {
	if status, err := u.checkRequest(w, r); err != nil {
		return h, refuse(w, r, status, err)
	}
	v := verify(r)
	if v.status != http.StatusSwitchingProtocols {
		return h, refuse(w, r, v.status, explain(r, v.status))
	}
	h.key, h.protocol = v.header.Get("Sec-WebSocket-Accept"), u.subprotocol(w, r)
	h.compress, h.extensions = u.Compression.negotiate(r.Header.Values("Sec-WebSocket-Extensions"))
	if h.conn, h.brw, err = hijack(w, r); err != nil {
		return h, err
	}
	if err := h.writeHead(w.Header(), u.writeTimeout()); err != nil {
		_ = h.conn.Close()
		return h, &HandshakeError{http.StatusInternalServerError, fmt.Errorf("writing the answer: %w", err)}
	}
	return h, nil
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
func (u *Upgrader) checkRequest(w http.ResponseWriter, r *http.Request) (status int, err error) {
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
	return http.StatusForbidden, explainOrigin(r, u.checkOrigin(r))
}
