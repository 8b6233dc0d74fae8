package ws_test

import (
	"bufio"
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/handset-go/handset/ws"
)

func TestShutdownRefusesHandshakes(t *testing.T) {
	for name, down := range map[string]func(*ws.Upgrader) error{
		"Shutdown": func(u *ws.Upgrader) error { return u.Shutdown(context.Background()) },
		"Close":    (*ws.Upgrader).Close,
	} {
		u := new(ws.Upgrader)
		if err := down(u); err != nil {
			t.Fatal(err)
		}
		w := httptest.NewRecorder()
		_, _, err := u.Handle(w, request())
		var refused *ws.HandshakeError
		if !errors.As(err, &refused) || refused.Status != 503 || w.Code != 503 || w.Header().Get("Retry-After") == "" {
			t.Errorf("after %s: %v, answered with %d %v", name, err, w.Code, w.Header())
		}
	}
}

// slowHijackWriter blocks a handshake before its response.
type slowHijackWriter struct {
	*responseWriter
	reached, goOn chan struct{}
}

func (w slowHijackWriter) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	close(w.reached)
	<-w.goOn
	return w.responseWriter.Hijack()
}

func TestShutdownDuringHandshake(t *testing.T) {
	for _, cut := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			u := new(ws.Upgrader)
			end, peer := net.Pipe()
			w := slowHijackWriter{&responseWriter{conn: end}, make(chan struct{}), make(chan struct{})}
			sessions := make(chan *ws.Session, 1)
			go func() {
				session, _, err := u.Handle(w, request())
				if err != nil {
					t.Error(err)
				}
				sessions <- session
			}()
			<-w.reached
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			down := make(chan error, 1)
			go func() { down <- u.Shutdown(ctx) }()
			synctest.Wait()
			want := error(ws.ErrClosed)
			if cut {
				time.Sleep(time.Minute)
				want = ws.ErrShutdown
			}
			close(w.goOn)
			session := <-sessions
			if !cut {
				c := newClient(t, peer)
				c.expect(opClose, string(closePayload(1001, "server is shutting down")))
				c.send(opClose, string(closePayload(1001, "")))
			}
			<-session.Done()
			if err := session.Err(); !errors.Is(err, want) {
				t.Errorf("cut=%v: the session ended with %v", cut, err)
			}
			if err := <-down; (err != nil) != cut {
				t.Errorf("cut=%v: Shutdown returned %v", cut, err)
			}
			peer.Close()
		})
	}
}

// heldWriter is slowHijackWriter for a server's own writer.
type heldWriter struct {
	http.ResponseWriter
	reached, goOn chan struct{}
}

func (w heldWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w heldWriter) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	close(w.reached)
	<-w.goOn
	return http.NewResponseController(w.ResponseWriter).Hijack()
}

func TestShutdownDuringHandshakeOverTCP(t *testing.T) {
	for _, cut := range []bool{false, true} {
		u := new(ws.Upgrader)
		reached, goOn, sessions := make(chan struct{}), make(chan struct{}), make(chan *ws.Session, 1)
		srv := serve(t, transports[0], http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			session, _, err := u.Handle(heldWriter{w, reached, goOn}, r)
			if err != nil {
				t.Error(err)
			}
			sessions <- session
		}))
		ctx, cancel := context.WithCancel(testContext(t))
		defer cancel()
		down := make(chan error, 1)
		go func() { // while the client waits for its answer
			defer close(goOn)
			<-reached
			begun := startShutdown(ctx, u)
			waitUntil(t, "handshakes are refused", func() bool {
				w := httptest.NewRecorder()
				_, _, _ = u.Handle(w, httptest.NewRequest(http.MethodPost, "/", nil))
				return w.Code == http.StatusServiceUnavailable
			})
			if cut {
				cancel()
				down <- <-begun // and only then is the handshake done
				return
			}
			go func() { down <- <-begun }()
		}()
		c := dial(t, srv, "")
		session, want := await(t, sessions, "the session"), error(ws.ErrShutdown)
		if !cut {
			want = ws.ErrClosed
			c.expectClose(1001)
			c.write(closeFrame(1001))
		}
		c.expectEnd()
		await(t, session.Done(), "the session's end")
		if err := session.Err(); !errors.Is(err, want) {
			t.Errorf("cut=%v: the session ended with %v", cut, err)
		}
		if err := await(t, down, "the end of Shutdown"); (err != nil) != cut {
			t.Errorf("cut=%v: Shutdown returned %v", cut, err)
		}
	}
}

func TestShutdownRefusalClosesConnection(t *testing.T) {
	u := new(ws.Upgrader)
	if err := u.Shutdown(context.Background()); err != nil {
		t.Fatal(err)
	}
	srv := serve(t, transports[0], http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _, _ = u.Handle(w, r) }))
	_, answer := handshakeWith(t, srv, request())
	if answer.StatusCode != 503 || !answer.Close || answer.Header.Get("Retry-After") == "" {
		t.Errorf("answered with %s %v", answer.Status, answer.Header)
	}
}
