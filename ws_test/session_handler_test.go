package ws_test

import (
	"bytes"
	"context"
	"log"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/handset-go/handset/ws"
)

// handlerServer serves sessions with serve, and returns what the server logs.
func handlerServer(t *testing.T, u *ws.Upgrader, serve func(*ws.Session, *ws.MessageStream)) (*httptest.Server, *lockedBuffer) {
	t.Helper()
	logged := new(lockedBuffer)
	srv := httptest.NewUnstartedServer(u.Handler(serve))
	srv.Config.ErrorLog = log.New(logged, "", 0)
	srv.Start()
	t.Cleanup(srv.Close)
	return srv, logged
}

// lockedBuffer is a log that several goroutines write and read.
type lockedBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

func TestHandlerServes(t *testing.T) {
	srv, _ := handlerServer(t, new(ws.Upgrader), func(session *ws.Session, stream *ws.MessageStream) {
		for msg, err := range stream.All(context.Background()) {
			if err != nil {
				return
			}
			if msg.Kind == ws.Text && session.Send(context.Background(), msg) != nil {
				return
			}
		}
	})
	c := dial(t, srv, "")
	for range 3 {
		c.send(opText, "hello")
		c.expect(opText, "hello")
	}
}

// What net/http holds for a request is given back while the session goes on.
func TestHandlerReturnsAtOnce(t *testing.T) {
	serving, returned := make(chan struct{}), make(chan struct{})
	inner := ws.Handler(func(*ws.Session, *ws.MessageStream) {
		close(serving)
		<-returned
	})
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		inner.ServeHTTP(w, r)
		close(returned)
	}))
	t.Cleanup(srv.Close)
	dial(t, srv, "").expectClose(0)
	<-serving
}

func TestHandlerEnds(t *testing.T) {
	for _, tt := range []struct {
		name  string
		serve func(*ws.Session, *ws.MessageStream)
		peer  func(*client) // what the peer sends first
		code  int
		logs  string // a part of it, "" for nothing
	}{
		{name: "a serve that returns", serve: func(*ws.Session, *ws.MessageStream) {}},
		{name: "a serve that closes", code: 4000, serve: func(session *ws.Session, _ *ws.MessageStream) {
			_ = session.Close(ws.CloseReason{Code: 4000})
		}},
		{name: "a serve that returns on the peer's Close", code: 4001,
			peer: func(c *client) { c.write(closeFrame(4001)) },
			serve: func(_ *ws.Session, stream *ws.MessageStream) {
				_, _ = stream.Recv(context.Background())
			}},
		{name: "a serve that panics", code: 1011, logs: "ws: panic serving 127.0.0.1:",
			serve: func(*ws.Session, *ws.MessageStream) { panic("oh no") }},
		{name: "a serve that panics in a loop over All", code: 1011, logs: "oh no\n",
			peer: func(c *client) { c.send(opText, "hello") },
			serve: func(_ *ws.Session, stream *ws.MessageStream) {
				for range stream.All(context.Background()) {
					panic("oh no")
				}
			}},
		{name: "a panic with a stack", code: 1011, logs: "handler_test.go:",
			serve: func(*ws.Session, *ws.MessageStream) { panic("oh no") }},
		{name: "a nil dereference", code: 1011, logs: "nil pointer dereference",
			serve: func(_ *ws.Session, stream *ws.MessageStream) {
				var none *ws.Session
				_ = none.Subprotocol()
			}},
		{name: "http.ErrAbortHandler", code: 1011, serve: func(*ws.Session, *ws.MessageStream) { panic(http.ErrAbortHandler) }},
		{name: "a serve that panics beside Chan", code: 1011, logs: "oh no\n",
			peer: func(c *client) { c.send(opText, "hello") },
			serve: func(_ *ws.Session, stream *ws.MessageStream) {
				<-stream.Chan()
				panic("oh no")
			}},
		{name: "a serve that panics beside Discard", code: 1011, logs: "oh no\n",
			serve: func(_ *ws.Session, stream *ws.MessageStream) {
				_ = stream.Discard()
				panic("oh no")
			}},
		{name: "a serve that panics in a loop after it has closed", code: 4000, logs: "oh no\n",
			peer: func(c *client) { c.send(opText, "hello") },
			serve: func(session *ws.Session, stream *ws.MessageStream) {
				for range stream.Aggregate(0).All(context.Background()) {
					_ = session.Close(ws.CloseReason{Code: 4000}) // reads on behind the loop's body
					panic("oh no")
				}
			}},
		{name: "a goroutine that ends in a loop after the peer's Close", code: 4001,
			peer: func(c *client) { c.write(closeFrame(4001)) },
			serve: func(_ *ws.Session, stream *ws.MessageStream) {
				for range stream.All(context.Background()) {
					runtime.Goexit()
				}
			}},
		{name: "a goroutine that ends", serve: func(*ws.Session, *ws.MessageStream) { runtime.Goexit() }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			u := new(ws.Upgrader)
			srv, logged := handlerServer(t, u, tt.serve)
			c := dial(t, srv, "")
			if tt.peer != nil {
				tt.peer(c)
			}
			c.expectClose(tt.code)
			c.write(closeFrame(1000))
			c.expectEnd()
			expectNoSessions(t, u)
			waitUntil(t, "the panic is logged", func() bool { return strings.Contains(logged.String(), tt.logs) })
			if got := logged.String(); tt.logs == "" && got != "" {
				t.Errorf("logged %q", got)
			}
		})
	}
}

// A panic ends its own session only.
func TestHandlerPanicLeavesOthers(t *testing.T) {
	srv, _ := handlerServer(t, new(ws.Upgrader), func(session *ws.Session, stream *ws.MessageStream) {
		for msg, err := range stream.All(context.Background()) {
			if err != nil || string(msg.Data) == "panic" {
				panic(err)
			}
			_ = session.Send(context.Background(), msg)
		}
	})
	other := dial(t, srv, "")
	c := dial(t, srv, "")
	c.send(opText, "panic")
	c.expectClose(1011)
	other.send(opText, "hello")
	other.expect(opText, "hello")
}

func TestHandlerRefuses(t *testing.T) {
	refused := make(chan *ws.HandshakeError, 1)
	u := &ws.Upgrader{Options: ws.Options{Trace: &ws.Trace{HandshakeRefused: func(_ *http.Request, err *ws.HandshakeError) { refused <- err }}}}
	srv, _ := handlerServer(t, u, func(*ws.Session, *ws.MessageStream) { t.Error("serve is called") })
	resp, err := http.Get(srv.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if err := <-refused; resp.StatusCode != http.StatusUpgradeRequired || err.Status != resp.StatusCode {
		t.Errorf("%v, %v", resp.Status, err)
	}
}

// A refused handshake takes no place, and one that is served has it until the
// session ends, whether or not serve has returned.
func TestHandlerWithMaxSessions(t *testing.T) {
	ended, served := make(chan struct{}), make(chan struct{})
	u := &ws.Upgrader{MaxSessions: 1, Options: ws.Options{Trace: &ws.Trace{SessionEnd: func(*ws.Session, error) { ended <- struct{}{} }}}}
	srv, _ := handlerServer(t, u, func(*ws.Session, *ws.MessageStream) { served <- struct{}{} })
	for range 3 {
		c := dial(t, srv, "")
		await(t, served, "a call of serve")
		c.expectClose(0)
		_, resp := handshakeWith(t, srv, request())
		if resp.StatusCode != http.StatusServiceUnavailable || resp.Header.Get("Retry-After") == "" {
			t.Errorf("the second handshake was answered with %v %v", resp.Status, resp.Header)
		}
		c.write(closeFrame(1000))
		await(t, ended, "the session's end")
		c.expectEnd()
		_ = c.conn.Close()
	}
	if stats := u.Stats(); stats.Total != 3 || stats.Refused != 3 {
		t.Errorf("%d sessions and %d refusals, want 3 and 3", stats.Total, stats.Refused)
	}
}

func TestHandlerKeepsRequestValues(t *testing.T) {
	for _, keep := range []bool{true, false} {
		got := make(chan any, 1)
		u := &ws.Upgrader{KeepRequestValues: keep}
		h := u.Handler(func(session *ws.Session, stream *ws.MessageStream) {
			_, _ = stream.Recv(session.Context()) // long after the request's context has ended
			got <- session.Context().Value(contextKey{})
		})
		srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			h.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), contextKey{}, "kept")))
		}))
		t.Cleanup(srv.Close)
		c := dial(t, srv, "")
		c.send(opText, "hello")
		if value := await(t, got, "the value"); (value == "kept") != keep {
			t.Errorf("KeepRequestValues is %v: the session's context has the value %v", keep, value)
		}
		c.expectClose(0)
	}
}

func TestHandlerLogsWithoutServer(t *testing.T) {
	logged, before := new(lockedBuffer), log.Writer()
	log.SetOutput(logged)
	defer log.SetOutput(before)
	for _, s := range []*http.Server{nil, {}} {
		h := ws.Handler(func(*ws.Session, *ws.MessageStream) { panic("oh no") })
		srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			h.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), http.ServerContextKey, s)))
		}))
		dial(t, srv, "").expectClose(1011)
		srv.Close()
	}
	if n := strings.Count(logged.String(), "oh no"); n != 2 {
		t.Errorf("logged %q", logged)
	}
}

func TestHandlerNeedsServe(t *testing.T) {
	defer func() {
		if err := recover(); err != "ws: nil serve" {
			t.Errorf("panicked with %v", err)
		}
	}()
	ws.Handler(nil)
	t.Error("does not panic")
}

// A handshake that panics is not waited for.
func TestHandlerPanicInHandshake(t *testing.T) {
	start := func(*ws.Session) { panic("oh no") }
	u := &ws.Upgrader{Options: ws.Options{Trace: &ws.Trace{SessionStart: start}}}
	srv, _ := handlerServer(t, u, func(*ws.Session, *ws.MessageStream) { t.Error("serve is called") })
	c := dial(t, srv, "")
	down := make(chan error, 1)
	go func() { down <- u.Shutdown(testContext(t)) }()
	c.expectClose(1001)
	c.write(closeFrame(1001))
	if err := await(t, down, "Shutdown"); err != nil {
		t.Error(err)
	}
}
