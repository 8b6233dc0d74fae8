package ws

import (
	"bufio"
	"errors"
	"net"
	"net/http"
	"slices"
	"strconv"

	"github.com/coder/websocket"
)

// handshake is the ResponseWriter that coder/websocket answers a handshake
// through. It keeps the connection that the server gives up.
//
// Accept checks the request and writes the 101. Then it asks for
// the connection to build its own one on; it is told that there is none, so
// that it builds nothing.
type handshake struct {
	http.ResponseWriter
	protocol *string // nil for none
	compress *compression
	answer   string // to the offers of compression, "" for none
	status   int    // of the answer, 0 before it
	conn     net.Conn
	brw      *bufio.ReadWriter
	err      error // of the server's own Hijack
}

// version is the protocol's only one (RFC 6455 §4.1).
const version = "13"

// errTaken ends Accept when the connection is ours.
var errTaken = errors.New("connection taken")

// Hijack takes the connection from the server.
func (h *handshake) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	h.conn, h.brw, h.err = http.NewResponseController(h.ResponseWriter).Hijack()
	if h.err != nil {
		return nil, nil, h.err
	}
	return nil, nil, errTaken
}

// WriteHeader answers. Only the first answer counts: what Accept says after it
// was refused the connection is not for the client.
func (h *handshake) WriteHeader(status int) {
	if h.status != 0 {
		return
	}
	h.status = status
	switch status {
	case http.StatusUpgradeRequired:
		h.Header().Set("Sec-WebSocket-Version", version) // RFC 6455 §4.4
	case http.StatusSwitchingProtocols:
		if !hijacks(h.ResponseWriter) {
			h.status = http.StatusNotImplemented
			return // refuse will answer
		}
		h.Header().Del("Sec-WebSocket-Protocol")
		h.Header().Del("Sec-WebSocket-Extensions")
		if h.answer != "" {
			h.Header().Set("Sec-WebSocket-Extensions", h.answer)
		}
		if h.protocol != nil {
			h.Header().Set("Sec-WebSocket-Protocol", *h.protocol)
		}
	}
	h.ResponseWriter.WriteHeader(status)
}

// Write writes the body of a refusal.
func (h *handshake) Write(p []byte) (int, error) {
	if h.conn != nil || h.err != nil {
		return len(p), nil
	}
	return h.ResponseWriter.Write(p)
}

// WriteHeaderNow has gin's writers, wrapped or not, write a header at all.
func (h *handshake) WriteHeaderNow() {
	if h.status != http.StatusSwitchingProtocols {
		return
	}
	for w := h.ResponseWriter; ; {
		switch v := w.(type) {
		case interface{ WriteHeaderNow() }:
			v.WriteHeaderNow()
			return
		case interface{ Unwrap() http.ResponseWriter }:
			w = v.Unwrap()
		default:
			return
		}
	}
}

// accept does the handshake, or answers with what is wrong.
func (u *Upgrader) accept(w http.ResponseWriter, r *http.Request) (*handshake, error) {
	if status, err := u.checkRequest(w, r); err != nil {
		return nil, refuse(w, status, err)
	}
	h := &handshake{ResponseWriter: w, protocol: u.subprotocol(w, r)}
	h.compress, h.answer = u.Compression.negotiate(r.Header.Values("Sec-WebSocket-Extensions"))
	_, err := websocket.Accept(h, r, &websocket.AcceptOptions{InsecureSkipVerify: true}) // checkOrigin has verified
	switch {
	case h.conn != nil:
		return h, nil
	case h.status == http.StatusSwitchingProtocols:
		return nil, &HandshakeError{http.StatusInternalServerError, h.err}
	case h.err != nil:
		for _, name := range []string{"Upgrade", "Connection", "Sec-WebSocket-Accept", "Sec-WebSocket-Extensions"} {
			w.Header().Del(name)
		}
		return nil, refuse(w, h.status, errors.New("response writer cannot be hijacked"))
	default:
		return nil, &HandshakeError{h.status, errors.Unwrap(err)}
	}
}

// checkRequest finds what Accept would answer less exactly, or not at all.
func (u *Upgrader) checkRequest(w http.ResponseWriter, r *http.Request) (status int, err error) {
	switch {
	case r.ProtoMajor > 1: // where Upgrade may not even be answered (RFC 9113 §8.2.2)
		return http.StatusNotImplemented, errors.New("HTTP/" + strconv.Itoa(r.ProtoMajor) + " request cannot be hijacked")
	case r.Method != http.MethodGet:
		w.Header().Set("Allow", http.MethodGet)
		return http.StatusMethodNotAllowed, errors.New("handshake method is not GET")
	case r.ContentLength != 0: // its bytes would be taken for frames
		return http.StatusBadRequest, errors.New("handshake has a body")
	case len(r.Header.Values("Upgrade")) > 0 && !slices.Equal(r.Header.Values("Sec-WebSocket-Version"), []string{version}):
		w.Header().Set("Connection", "Upgrade")
		w.Header().Set("Upgrade", "websocket")
		w.Header().Set("Sec-WebSocket-Version", version)
		return http.StatusUpgradeRequired, errors.New("WebSocket version is not " + version)
	}
	return http.StatusForbidden, u.checkOrigin(r)
}

// hijacks reports whether the writer, or one it wraps, is a Hijacker: to be
// known before the 101 is written.
func hijacks(w http.ResponseWriter) bool {
	for {
		switch v := w.(type) {
		case http.Hijacker:
			return true
		case interface{ Unwrap() http.ResponseWriter }:
			w = v.Unwrap()
		default:
			return false
		}
	}
}

// refuse answers with an error.
func refuse(w http.ResponseWriter, status int, err error) error {
	http.Error(w, err.Error(), status)
	return &HandshakeError{status, err}
}
