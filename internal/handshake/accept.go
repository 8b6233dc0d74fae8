package handshake

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"time"
)

// Options are the options of Accept. The functions must not be nil.
type Options struct {
	// Subprotocols are the names that the server supports. CheckSubprotocols
	// must have found them valid. They must not be changed while a connection
	// that was accepted with them is in use.
	Subprotocols []string

	// Origins are the origins that are accepted besides the server's own.
	Origins []OriginPattern

	// AllowAnyOrigin disables the check of the Origin header.
	AllowAnyOrigin bool

	// WriteTimeout is how long the client may take to receive the 101.
	WriteTimeout time.Duration

	// Negotiate chooses among the extensions that a client offers. offers has
	// the lines of its Sec-WebSocket-Extensions header, and response is the
	// line of the server's (RFC 6455 §9.1), or "" for no extension. It is called
	// at most once, for a request with which nothing is wrong. The handshake may
	// still fail afterwards.
	Negotiate func(offers []string) (response string)

	// CloseAfter closes conn after d, unless stop is called before. It enforces
	// WriteTimeout on a connection that does not support deadlines.
	CloseAfter func(conn net.Conn, d time.Duration) (stop func() bool)
}

// Accepted is a connection whose opening handshake is done. It belongs to the
// caller of Accept. A write deadline may still be set.
type Accepted struct {
	Conn net.Conn

	// ReadWriter has the server's buffers, as http.Hijacker returns them. It or
	// one of its halves may be nil. The reader may hold what the client has sent
	// after its request.
	ReadWriter *bufio.ReadWriter

	// Subprotocol is the name agreed on, or nil for none. It points into
	// Options.Subprotocols where it can, so that connections share the string.
	Subprotocol *string
}

// Accept does the server's half of the opening handshake. It returns a nil
// Refusal if the client has been sent the 101, with the headers of w. Otherwise
// the client has been answered with the Refusal's status, if it could be, and the
// caller must not use w any more.
//
// The connection is hijacked before anything is written, and the 101 is written
// on the connection rather than through w: a middleware may buffer what is written
// through w, or refuse Hijack once something has been written.
func Accept(w http.ResponseWriter, r *http.Request, o Options) (Accepted, *Refusal) {
	if status, err := o.checkRequest(w, r); err != nil {
		return Accepted{}, Refuse(w, r, status, err)
	}
	key, status, err := verify(r)
	if err != nil {
		return Accepted{}, Refuse(w, r, status, err)
	}
	answer := response{
		accept:      key,
		subprotocol: subprotocol(w, r, o.Subprotocols),
		extensions:  o.Negotiate(r.Header.Values("Sec-WebSocket-Extensions")),
		header:      w.Header(),
	}
	conn, brw, refusal := hijack(w, r)
	if refusal != nil {
		return Accepted{}, refusal
	}
	if err := o.writeResponse(conn, brw, &answer); err != nil {
		_ = conn.Close()
		return Accepted{}, &Refusal{Status: http.StatusInternalServerError, Err: fmt.Errorf("writing the answer: %w", err)}
	}
	return Accepted{conn, brw, answer.subprotocol}, nil
}
