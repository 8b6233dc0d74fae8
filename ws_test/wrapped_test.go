package ws_test

import (
	"bufio"
	"net"
	"net/http"
	"testing"

	"github.com/handset-go/handset/ws"
)

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

func (w *ginLike) WriteHeader(status int) { w.status = status }

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
	"only Unwrap": func(w http.ResponseWriter) http.ResponseWriter { return unwrapping{w} },
	"two Unwraps": func(w http.ResponseWriter) http.ResponseWriter { return unwrapping{unwrapping{w}} },
	"chi":         func(w http.ResponseWriter) http.ResponseWriter { return &chiLike{ResponseWriter: w} },
	"gin":         func(w http.ResponseWriter) http.ResponseWriter { return &ginLike{w, 200, -1} },
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
