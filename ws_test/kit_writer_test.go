package ws_test

import (
	"bufio"
	"bytes"
	"errors"
	"net"
	"net/http"
)

// responseWriter is a ResponseWriter that is hijacked for the connection it was made with. It
// keeps the 101, and the connection's peer receives what follows.
type responseWriter struct {
	conn     net.Conn
	early    []byte // what the server has read beyond the request
	header   http.Header
	status   int
	body     bytes.Buffer
	response capturedResponse // the 101
}

func (w *responseWriter) Header() http.Header {
	if w.header == nil {
		w.header = http.Header{}
	}
	return w.header
}

func (w *responseWriter) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
}

func (w *responseWriter) Write(p []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	return w.body.Write(p)
}

func (w *responseWriter) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	br := bufio.NewReader(bytes.NewReader(w.early))
	_, _ = br.Peek(len(w.early))
	return captureResponse(w.conn, &w.response), bufio.NewReadWriter(br, bufio.NewWriter(w.conn)), nil
}

// mustNotHijack is a ResponseWriter that must not be hijacked.
type mustNotHijack struct{ http.ResponseWriter }

func (mustNotHijack) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	panic("a connection was hijacked for a handshake that is refused")
}

// plainResponseWriter is a ResponseWriter and nothing else.
type plainResponseWriter struct{ http.ResponseWriter }

// nilHeaderWriter has no Header, against the contract of ResponseWriter.
type nilHeaderWriter struct{ http.ResponseWriter }

func (nilHeaderWriter) Header() http.Header { return nil }

type hijackErrorWriter struct {
	http.ResponseWriter
	err error
}

func (w hijackErrorWriter) Hijack() (net.Conn, *bufio.ReadWriter, error) { return nil, nil, w.err }

// connWriter is hijacked for exactly what it was made with.
type connWriter struct {
	http.ResponseWriter
	conn net.Conn
	brw  *bufio.ReadWriter
}

func (w connWriter) Hijack() (net.Conn, *bufio.ReadWriter, error) { return w.conn, w.brw, nil }

// The wrappers that routers and frameworks put around a ResponseWriter.
type (
	// unwrappingWriter has what net/http's ResponseController asks for.
	unwrappingWriter struct{ http.ResponseWriter }
	// chiLike knows what it wraps and has methods for that.
	chiLike struct {
		http.ResponseWriter
		status int
		wrote  bool
	}
	// ginLike writes the header only when it has to.
	ginLike struct {
		http.ResponseWriter
		status int
		size   int
	}
)

func (w unwrappingWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// status200Writer is a wrapper as many programs have it for their log: the status is 200
// until another one is written.
type status200Writer struct {
	http.ResponseWriter
	status, n int
}

func (w *status200Writer) Status() int { return w.status }

func (w *status200Writer) BytesWritten() int { return w.n }

func (w *status200Writer) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *status200Writer) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

func (w *status200Writer) Write(p []byte) (int, error) {
	n, err := w.ResponseWriter.Write(p)
	w.n += n
	return n, err
}

func (w *chiLike) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *chiLike) WriteHeader(status int) {
	if status >= 100 && status < 200 && status != http.StatusSwitchingProtocols {
		w.ResponseWriter.WriteHeader(status)
	} else if !w.wrote {
		w.status, w.wrote = status, true
		w.ResponseWriter.WriteHeader(status)
	}
}

func (w *chiLike) Write(p []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	return w.ResponseWriter.Write(p)
}

func (w *chiLike) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	return w.ResponseWriter.(http.Hijacker).Hijack()
}

// hidingWriter is a status200Writer without Unwrap.
type hidingWriter struct{ *status200Writer }

func (hidingWriter) Unwrap() {}

func (w hidingWriter) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	return w.ResponseWriter.(http.Hijacker).Hijack()
}

func (w hidingWriter) Flush() {
	w.ResponseWriter.(http.Flusher).Flush()
}

func (w *ginLike) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *ginLike) WriteHeader(status int) { w.status = status }

func (w *ginLike) Written() bool { return w.size >= 0 }

func (w *ginLike) Flush() {
	w.WriteHeaderNow()
	w.ResponseWriter.(http.Flusher).Flush()
}

func (w *ginLike) WriteHeaderNow() {
	if w.size < 0 {
		w.size = 0
		w.ResponseWriter.WriteHeader(w.status)
	}
}

func (w *ginLike) Write(p []byte) (int, error) {
	w.WriteHeaderNow()
	n, err := w.ResponseWriter.Write(p)
	w.size += n
	return n, err
}

func (w *ginLike) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	w.size = max(w.size, 0)
	return w.ResponseWriter.(http.Hijacker).Hijack()
}

// gin111 refuses to be hijacked once a header was written, as gin 1.11.0 does.
type gin111 struct{ *ginLike }

func (w gin111) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	if w.size >= 0 {
		return nil, nil, errors.New("response already written")
	}
	return w.ginLike.Hijack()
}

// oldGin has no Unwrap method.
type oldGin struct{ *ginLike }

func (oldGin) Unwrap() {}

// delayingWriter sends the header only with the first byte, as compressing middlewares
// do: whether they compress depends on what is written.
type delayingWriter struct {
	http.ResponseWriter
	status int
}

func (w *delayingWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *delayingWriter) WriteHeader(status int) { w.status = status }

func (w *delayingWriter) Write(p []byte) (int, error) {
	if w.status != 0 {
		w.ResponseWriter.WriteHeader(w.status)
	}
	return w.ResponseWriter.Write(p)
}

func (w *delayingWriter) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	return w.ResponseWriter.(http.Hijacker).Hijack()
}

var wrappers = map[string]func(http.ResponseWriter) http.ResponseWriter{
	"only Unwrap":      func(w http.ResponseWriter) http.ResponseWriter { return unwrappingWriter{w} },
	"two Unwraps":      func(w http.ResponseWriter) http.ResponseWriter { return unwrappingWriter{unwrappingWriter{w}} },
	"chi":              func(w http.ResponseWriter) http.ResponseWriter { return &chiLike{ResponseWriter: w} },
	"gin":              func(w http.ResponseWriter) http.ResponseWriter { return &ginLike{w, 200, -1} },
	"gin 1.11":         func(w http.ResponseWriter) http.ResponseWriter { return gin111{&ginLike{w, 200, -1}} },
	"gin 1.7":          func(w http.ResponseWriter) http.ResponseWriter { return oldGin{&ginLike{w, 200, -1}} },
	"from 200":         func(w http.ResponseWriter) http.ResponseWriter { return &status200Writer{w, 200, 0} },
	"from 200, hiding": func(w http.ResponseWriter) http.ResponseWriter { return hidingWriter{&status200Writer{w, 200, 0}} },
	"delays":           func(w http.ResponseWriter) http.ResponseWriter { return &delayingWriter{ResponseWriter: w} },
	"gin in chi": func(w http.ResponseWriter) http.ResponseWriter {
		return &chiLike{ResponseWriter: &ginLike{&chiLike{ResponseWriter: w}, 200, -1}}
	},
}
