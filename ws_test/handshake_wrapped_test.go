package ws_test

import (
	"bufio"
	"errors"
	"net"
	"net/http"
	"testing"

	"github.com/handset-go/handset/ws"
)

// from200 is a wrapper as many programs have it for their log: the status is 200
// until another one is written.
type from200 struct {
	http.ResponseWriter
	status, n int
}

func (w *from200) Status() int                 { return w.status }
func (w *from200) BytesWritten() int           { return w.n }
func (w *from200) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *from200) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

func (w *from200) Write(p []byte) (int, error) {
	n, err := w.ResponseWriter.Write(p)
	w.n += n
	return n, err
}

// hiding is one that knows nothing of ResponseController.
type hiding struct{ *from200 }

func (hiding) Unwrap() {}

func (w hiding) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	return w.ResponseWriter.(http.Hijacker).Hijack()
}

func (w hiding) Flush() {
	w.ResponseWriter.(http.Flusher).Flush()
}

// The wrappers that routers and frameworks put around a ResponseWriter.
type (
	// unwrapping has what net/http's ResponseController asks for.
	unwrapping struct{ http.ResponseWriter }
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

// delaying keeps all back until the handler is done, as middlewares do that
// compress: whether they will depends on what there is to be written.
type delaying struct {
	http.ResponseWriter
	status int
}

func (w *delaying) Unwrap() http.ResponseWriter { return w.ResponseWriter }
func (w *delaying) WriteHeader(status int)      { w.status = status }
func (w *delaying) Write(p []byte) (int, error) {
	if w.status != 0 {
		w.ResponseWriter.WriteHeader(w.status)
	}
	return w.ResponseWriter.Write(p)
}

func (w *delaying) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	return w.ResponseWriter.(http.Hijacker).Hijack()
}

func (w unwrapping) Unwrap() http.ResponseWriter { return w.ResponseWriter }

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

func (w *ginLike) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *ginLike) WriteHeader(status int) { w.status = status }
func (w *ginLike) Written() bool          { return w.size >= 0 }

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

var wrappers = map[string]func(http.ResponseWriter) http.ResponseWriter{
	"only Unwrap":      func(w http.ResponseWriter) http.ResponseWriter { return unwrapping{w} },
	"two Unwraps":      func(w http.ResponseWriter) http.ResponseWriter { return unwrapping{unwrapping{w}} },
	"chi":              func(w http.ResponseWriter) http.ResponseWriter { return &chiLike{ResponseWriter: w} },
	"gin":              func(w http.ResponseWriter) http.ResponseWriter { return &ginLike{w, 200, -1} },
	"gin 1.11":         func(w http.ResponseWriter) http.ResponseWriter { return gin111{&ginLike{w, 200, -1}} },
	"gin 1.7":          func(w http.ResponseWriter) http.ResponseWriter { return oldGin{&ginLike{w, 200, -1}} },
	"from 200":         func(w http.ResponseWriter) http.ResponseWriter { return &from200{w, 200, 0} },
	"from 200, hiding": func(w http.ResponseWriter) http.ResponseWriter { return hiding{&from200{w, 200, 0}} },
	"delays":           func(w http.ResponseWriter) http.ResponseWriter { return &delaying{ResponseWriter: w} },
	"gin in chi": func(w http.ResponseWriter) http.ResponseWriter {
		return &chiLike{ResponseWriter: &ginLike{&chiLike{ResponseWriter: w}, 200, -1}}
	},
}

func TestHandleWorksBehindAWrappedWriter(t *testing.T) {
	for name, wrap := range wrappers {
		for _, over := range transports {
			t.Run(name+","+over.name, func(t *testing.T) {
				srv := serve(t, over, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					w = wrap(w)
					http.SetCookie(w, &http.Cookie{Name: "a", Value: "1"})
					session, stream, err := ws.Handle(w, r)
					if err != nil {
						t.Error(err)
						return
					}
					go func() { _ = echo(session, stream.Aggregate(0)) }()
				}))
				c, answer := shakeWith(t, srv, request())
				if answer.StatusCode != 101 || len(answer.Cookies()) != 1 {
					t.Fatalf("answered with %s %v", answer.Status, answer.Header)
				}
				expectEcho(t, c)
			})
		}
	}
}

func TestARefusalGetsThroughAWrappedWriter(t *testing.T) {
	for name, wrap := range wrappers {
		t.Run(name, func(t *testing.T) {
			srv := serve(t, transports[0], http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if _, _, err := ws.Handle(wrap(w), r); err == nil {
					t.Error("Handle returned no error")
				}
			}))
			_, answer := shakeWith(t, srv, request("Origin", "https://evil.example"))
			if answer.StatusCode != 403 {
				t.Fatalf("answered with %s", answer.Status)
			}
		})
	}
}
