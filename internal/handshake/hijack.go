package handshake

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"net/http"
)

// hijack takes the connection from the server. If it cannot, it answers the client
// where that is still possible.
func hijack(w http.ResponseWriter, r *http.Request) (net.Conn, *bufio.ReadWriter, *Refusal) {
	server := innermost(w)
	// Some wrappers have a Hijack method although what they wrap has none: it
	// panics, or they cannot answer any more after it fails. So the innermost
	// is asked first.
	if _, ok := server.(http.Hijacker); !ok {
		return nil, nil, Refuse(w, r, http.StatusNotImplemented, notHijackable(server))
	}
	conn, brw, err := http.NewResponseController(w).Hijack()
	switch {
	case errors.Is(err, http.ErrHijacked): // by an earlier call, whose connection must not be disturbed
		return nil, nil, &Refusal{Status: http.StatusInternalServerError, Err: fmt.Errorf("hijacking %T: %w", w, err)}
	case errors.Is(err, http.ErrNotSupported):
		return nil, nil, Refuse(server, r, http.StatusNotImplemented, notHijackable(w))
	case err != nil:
		return nil, nil, Refuse(server, r, http.StatusInternalServerError, fmt.Errorf("hijacking %T: %w", w, err))
	case conn == nil:
		return nil, nil, Refuse(server, r, http.StatusInternalServerError, fmt.Errorf("hijacking %T: no connection", w))
	case brw != nil && brw.Writer != nil && brw.Writer.Buffered() > 0:
		_ = conn.Close()
		return nil, nil, &Refusal{Status: http.StatusInternalServerError, Err: errWritten}
	}
	return conn, brw, nil
}

func notHijackable(w http.ResponseWriter) error {
	return fmt.Errorf("%T cannot be hijacked: serve WebSockets over HTTP/1.1 and without that ResponseWriter", w)
}

// innermost returns the ResponseWriter that all others wrap, which is usually the
// server's.
func innermost(w http.ResponseWriter) http.ResponseWriter {
	for {
		inner := unwrap(w)
		if inner == nil {
			return w
		}
		w = inner
	}
}

// unwrap returns what w wraps. It returns nil if w wraps nothing or has no Unwrap
// method.
func unwrap(w http.ResponseWriter) http.ResponseWriter {
	if v, ok := w.(interface{ Unwrap() http.ResponseWriter }); ok {
		return v.Unwrap()
	}
	return nil
}
