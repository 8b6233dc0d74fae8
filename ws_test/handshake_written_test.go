package ws_test

import (
	"bufio"
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/handset-go/handset/ws"
)

// earlyResponses are the ways to write a response before the handshake.
var earlyResponses = map[string]struct {
	begin  func(http.ResponseWriter)
	status int
	body   string // of the answer, as far as it went
}{
	"WriteHeader": {func(w http.ResponseWriter) { w.WriteHeader(202) }, 202, ""},
	"Write":       {func(w http.ResponseWriter) { _, _ = w.Write([]byte("hello")) }, 200, "hello"},
	"Flush":       {func(w http.ResponseWriter) { _ = http.NewResponseController(w).Flush() }, 200, ""},
	"Write and Flush": {func(w http.ResponseWriter) {
		_, _ = w.Write([]byte("hello"))
		_ = http.NewResponseController(w).Flush()
	}, 200, "hello"},
	"an error, no return":   {func(w http.ResponseWriter) { http.Error(w, "who are you?", http.StatusUnauthorized) }, 401, "who are you?\n"},
	"a body of some length": {func(w http.ResponseWriter) { w.Header().Set("Content-Length", "5"); _, _ = w.Write([]byte("hello")) }, 200, "hello"},
}

// No session starts after another response.
func TestHandleAfterResponse(t *testing.T) {
	writers := map[string]func(http.ResponseWriter) http.ResponseWriter{
		"itself": func(w http.ResponseWriter) http.ResponseWriter { return w },
	}
	for name, wrap := range wrappers {
		writers[name] = wrap
	}
	for how, tt := range earlyResponses {
		for name, wrap := range writers {
			switch {
			case strings.HasPrefix(name, "gin") && how == "WriteHeader", name == "delays":
				continue // which has not written anything yet
			case (name == "gin 1.7" || name == "from 200, hiding") && tt.body != "":
				continue // which hides what is there to be flushed
			case name == "from 200, hiding" && how == "Flush":
				continue // which it does not count
			case name == "gin in chi" && strings.Contains(how, "Flush"):
				continue // which panics
			}
			for _, over := range transports {
				t.Run(how+","+name+","+over.name, func(t *testing.T) {
					refused := make(chan error, 1)
					u := new(ws.Upgrader)
					srv := serve(t, over, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
						if r.URL.Path == "/admin" {
							t.Error("the bytes behind the handshake were served as a request")
							return
						}
						w = wrap(w)
						tt.begin(w)
						_, _, err := u.Handle(w, r)
						refused <- err
					}))
					conn := dialServer(t, srv)
					if err := request().Write(conn); err != nil {
						t.Fatal(err)
					}
					br := bufio.NewReader(conn)
					answer, err := http.ReadResponse(br, request())
					if err != nil || answer.StatusCode != tt.status {
						t.Fatalf("answered with %v, %v", answer, err)
					}
					if body, err := io.ReadAll(answer.Body); !strings.HasPrefix(string(body), tt.body) || len(body) > len(tt.body) {
						t.Errorf("answered with %q, %v, want %q", body, err, tt.body)
					}
					if rest, err := io.ReadAll(br); len(rest) > 0 || err != nil {
						t.Errorf("the answer was followed by %q, %v", rest, err)
					}
					expectTooLate(t, await(t, refused, "Handle's error"))
					expectNoSessions(t, u)
				})
			}
		}
	}
}

func expectTooLate(t *testing.T, err error) {
	t.Helper()
	const want = "ws: handshake refused with 500 Internal Server Error: a response was started before the handshake"
	if err == nil || err.Error() != want {
		t.Errorf("Handle returned %v", err)
	}
}

// Early hints are not a response.
func TestHandleAfterEarlyHints(t *testing.T) {
	srv := serve(t, transports[0], http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusEarlyHints)
		if session, stream, err := ws.Handle(w, r); err == nil {
			go func() { _ = echo(session, stream.Aggregate(0)) }()
		}
	}))
	c, hints := handshakeWith(t, srv, request())
	answer, err := http.ReadResponse(c.br, request())
	if hints.StatusCode != 103 || err != nil || answer.StatusCode != 101 {
		t.Fatalf("answered with %s, %v, %v", hints.Status, answer, err)
	}
	expectEcho(t, c)
}

// countingWriter has chi's methods and hides what it wraps.
type countingWriter struct {
	*chiLike
	n int
}

func (w *countingWriter) Unwrap()           {}
func (w *countingWriter) Status() int       { return w.status }
func (w *countingWriter) BytesWritten() int { return w.n }

func (w *countingWriter) Write(p []byte) (int, error) {
	n, err := w.chiLike.Write(p)
	w.n += n
	return n, err
}

// An older chi remembers the status of an informational response.
func TestHandleAfterEarlyHintsInWrapper(t *testing.T) {
	srv := serve(t, transports[0], http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w = &status200Writer{ResponseWriter: w}
		w.WriteHeader(http.StatusEarlyHints)
		if session, stream, err := ws.Handle(w, r); err == nil {
			go func() { _ = echo(session, stream.Aggregate(0)) }()
		}
	}))
	c, _ := handshakeWith(t, srv, request())
	if answer, err := http.ReadResponse(c.br, request()); err != nil || answer.StatusCode != 101 {
		t.Fatalf("answered with %v, %v", answer, err)
	}
	expectEcho(t, c)
}

// failingLog fails the test with what the server logs.
type failingLog struct{ testing.TB }

func (c failingLog) Write(p []byte) (int, error) {
	c.Errorf("the server logged %s", p)
	return len(p), nil
}

// The second call cannot respond, and must not disturb the session.
func TestHandleTwice(t *testing.T) {
	writers := map[string]func(http.ResponseWriter) http.ResponseWriter{
		"itself": func(w http.ResponseWriter) http.ResponseWriter { return w },
	}
	for name, wrap := range wrappers {
		writers[name] = wrap
	}
	for name, wrap := range writers {
		for _, over := range transports {
			t.Run(name+","+over.name, func(t *testing.T) {
				second := make(chan error, 1)
				srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					w = wrap(w)
					session, stream, err := ws.Handle(w, r)
					if err != nil {
						t.Error(err)
					} else {
						go func() { _ = echo(session, stream.Aggregate(0)) }()
					}
					_, _, err = ws.Handle(w, r)
					second <- err
				}))
				srv.Config.ErrorLog = log.New(failingLog{t}, "", 0)
				start(t, over, srv)
				c, _ := handshakeWith(t, srv, request())
				var refused *ws.HandshakeError
				if err := await(t, second, "the second error"); !errors.As(err, &refused) || refused.Status != 500 {
					t.Errorf("the second Handle returned %v", err)
				}
				expectEcho(t, c)
			})
		}
	}
}

// A wrapper that hides the server's writer is asked whether it was written to.
func TestHandleAfterResponseInHidingWrapper(t *testing.T) {
	for name, wrap := range map[string]func(http.ResponseWriter) http.ResponseWriter{
		"as gin": func(w http.ResponseWriter) http.ResponseWriter { return oldGin{&ginLike{w, 200, -1}} },
		"as chi": func(w http.ResponseWriter) http.ResponseWriter {
			return &countingWriter{chiLike: &chiLike{ResponseWriter: w}}
		},
	} {
		refused := make(chan error, 1)
		srv := serve(t, transports[0], http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w = wrap(w)
			_, _ = w.Write([]byte("hello"))
			_, _, err := ws.Handle(w, r)
			refused <- err
		}))
		_, answer := handshakeWith(t, srv, request())
		if answer.StatusCode != 200 {
			t.Errorf("%s: answered with %s %v", name, answer.Status, answer.Header)
		}
		expectTooLate(t, await(t, refused, "Handle's error"))
	}
}
