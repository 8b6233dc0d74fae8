package handshake

import (
	"errors"
	"net/http"
	"reflect"
	"time"
)

var errWritten = errors.New("a response was started before the handshake")

// Written reports whether another response has begun, as far as that can be known:
// from net/http's ResponseWriter, wrapped or not, or from a wrapper that has the
// methods of gin's or chi's. What a wrapper still buffers is not known, and is not
// on the wire.
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
			// The status of some wrappers is 200 from the start, or that of
			// an informational response.
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

// CloseWritten closes a connection on which another response has begun, after
// flushing what the server has of that response. Nothing is answered. The server
// does not read what the client has sent after its request as another request.
//
// Only the innermost ResponseWriter is used: wrappers may refuse Hijack because
// something has been written, or panic in Flush.
func CloseWritten(w http.ResponseWriter, timeout time.Duration) *Refusal {
	w.Header().Set("Connection", "close") // for a wrapper that has buffered all of it
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
	return &Refusal{Status: http.StatusInternalServerError, Err: errWritten}
}

// wroteHeader reports whether net/http's ResponseWriter has written a header. It
// reads an unexported field, because there is no other way: WriteHeader would
// write one or log that it is superfluous, and Hijack succeeds all the same. It is
// false for other ResponseWriters.
func wroteHeader(w http.ResponseWriter) bool {
	v := reflect.ValueOf(w)
	if v.Kind() != reflect.Pointer || v.Type().String() != "*http.response" {
		return false
	}
	wrote := v.Elem().FieldByName("wroteHeader")
	return wrote.IsValid() && wrote.Kind() == reflect.Bool && wrote.Bool()
}
