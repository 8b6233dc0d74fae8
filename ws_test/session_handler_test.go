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
		{name: "a goroutine that ends", serve: func(*ws.Session, *ws.MessageStream) { runtime.Goexit() }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			srv, logged := handlerServer(t, new(ws.Upgrader), tt.serve)
			c := dial(t, srv, "")
			if tt.peer != nil {
				tt.peer(c)
			}
			c.expectClose(tt.code)
			if got := logged.String(); !strings.Contains(got, tt.logs) || tt.logs == "" && got != "" {
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
	u := &ws.Upgrader{Trace: &ws.Trace{HandshakeRefused: func(_ *http.Request, err *ws.HandshakeError) { refused <- err }}}
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
