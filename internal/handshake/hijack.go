package handshake

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"net/http"
	"reflect"
	"time"
)

// errWritten is why a session does not begin on top of another answer.
var errWritten = errors.New("response writer has been written to before the handshake")

// hijack takes the connection from the server, or answers with why it cannot.
func hijack(w http.ResponseWriter, r *http.Request) (net.Conn, *bufio.ReadWriter, *Refusal) {
	server := innermost(w)
	// Wrappers pass Hijack on without asking whether they can. Some panic, and
	// some cannot answer any more after it has failed, so it is found out first.
	if _, ok := server.(http.Hijacker); !ok {
		return nil, nil, Refuse(w, r, http.StatusNotImplemented, notHijackable(server))
	}
	conn, brw, err := http.NewResponseController(w).Hijack()
	switch {
	case errors.Is(err, http.ErrHijacked): // by an earlier call, whose session must not be disturbed
		return nil, nil, &Refusal{http.StatusInternalServerError, fmt.Errorf("hijacking %T: %w", w, err)}
	case errors.Is(err, http.ErrNotSupported):
		return nil, nil, Refuse(server, r, http.StatusNotImplemented, notHijackable(w))
	case err != nil:
		return nil, nil, Refuse(server, r, http.StatusInternalServerError, fmt.Errorf("hijacking %T: %w", w, err))
	case conn == nil:
		return nil, nil, Refuse(server, r, http.StatusInternalServerError, fmt.Errorf("hijacking %T: no connection", w))
	case brw != nil && brw.Writer != nil && brw.Writer.Buffered() > 0:
		_ = conn.Close()
		return nil, nil, &Refusal{http.StatusInternalServerError, errWritten}
	}
	return conn, brw, nil
}

func notHijackable(w http.ResponseWriter) error {
	return fmt.Errorf("%T cannot be hijacked: serve WebSockets over HTTP/1.1 and outside of it", w)
}

// CloseWritten ends a connection on which another answer has begun. What the server
// has of it is flushed, and what the client sent behind its request is not read
// as another one. Wrappers have no part in it: they may refuse to be hijacked
// because something was written, or panic when they are flushed.
func CloseWritten(w http.ResponseWriter, timeout time.Duration) *Refusal {
	w.Header().Set("Connection", "close") // heeded by a writer that keeps all back
	server := innermost(w)
	if wroteHeader(server) {
		c := http.NewResponseController(server)
		_ = c.SetWriteDeadline(time.Now().Add(timeout))
		_ = c.Flush()
	}
	if h, ok := server.(http.Hijacker); ok {
		if conn, _, err := h.Hijack(); err == nil && conn != nil {
			_ = conn.Close()
		}
	}
	return &Refusal{http.StatusInternalServerError, errWritten}
}

// Written reports whether an answer has begun, as far as that can be known: to
// net/http's writer, be it wrapped, or to a wrapper with the methods of gin's or
// chi's. What a wrapper keeps to itself is not known, nor is it on the wire.
func Written(w http.ResponseWriter) bool {
	for {
		switch v := w.(type) {
		case interface{ Written() bool }:
			if v.Written() {
				return true
			}
		case interface {
			Status() int
			BytesWritten() int
		}:
			// Some are 200 from the start, or an informational response's.
			if v.Status() > http.StatusOK || v.BytesWritten() > 0 {
				return true
			}
		}
		inner := unwrap(w)
		if inner == nil {
			return wroteHeader(w)
		}
		w = inner
	}
}

// wroteHeader reads the field of net/http's writer that it has no method for:
// trying to write a header would write one, or log that it is superfluous, and a
// connection can be hijacked after it all the same.
func wroteHeader(w http.ResponseWriter) bool {
	v := reflect.ValueOf(w)
	if v.Kind() != reflect.Pointer || v.Type().String() != "*http.response" {
		return false
	}
	wrote := v.Elem().FieldByName("wroteHeader")
	return wrote.IsValid() && wrote.Kind() == reflect.Bool && wrote.Bool()
}

// innermost is the writer that all others wrap: the server's.
func innermost(w http.ResponseWriter) http.ResponseWriter {
	for {
		inner := unwrap(w)
		if inner == nil {
			return w
		}
		w = inner
	}
}

// unwrap is what w wraps, nil for nothing or what it does not tell.
func unwrap(w http.ResponseWriter) http.ResponseWriter {
	if v, ok := w.(interface{ Unwrap() http.ResponseWriter }); ok {
		return v.Unwrap()
	}
	return nil
}
