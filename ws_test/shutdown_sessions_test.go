package ws_test

import (
	"bufio"
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/handset-go/handset/ws"
)

func TestShutdownSaysGoodbyeFlushesAndWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u := new(ws.Upgrader)
		p := pipe(t, u)
		if err := p.session.Text(t.Context(), "queued"); err != nil {
			t.Fatal(err)
		}
		down := make(chan error, 1)
		go func() { down <- u.Shutdown(t.Context()) }()
		time.Sleep(time.Second)
		c := newClient(t, p.end)
		c.expect(opText, "queued")
		c.expect(opClose, string(closePayload(1001, "server is shutting down")))
		synctest.Wait()
		if len(down) > 0 {
			t.Fatal("Shutdown did not wait for the answer")
		}
		c.send(opClose, string(closePayload(1001, "")))
		if err := <-down; err != nil {
			t.Fatal(err)
		}
		if err := p.session.Err(); !errors.Is(err, ws.ErrClosed) {
			t.Fatalf("the session ended with %v", err)
		}
	})
}

// This is what the documents say of http.Server, and why they show a WaitGroup.
func TestAnHTTPServersShutdownDoesNotWaitForTheHandlersOfSessions(t *testing.T) {
	for _, over := range transports {
		t.Run(over.name, func(t *testing.T) {
			u := new(ws.Upgrader)
			began, ends, ended := make(chan error), make(chan struct{}), make(chan struct{})
			srv := serve(t, over, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				defer close(ended)
				session, _, err := u.Handle(w, r)
				began <- err
				if err == nil {
					<-session.Done()
				}
				<-ends
			}))
			c := dial(t, srv, "")
			if err := await(t, began, "the handshake"); err != nil {
				t.Fatal(err)
			}
			start := time.Now()
			if err := srv.Config.Shutdown(within(t)); err != nil {
				t.Errorf("the server's Shutdown returned %v after %v", err, time.Since(start))
			}
			go func() {
				c.expectClose(1001)
				c.write(closeFrame(1001))
			}()
			if err := u.Shutdown(within(t)); err != nil {
				t.Errorf("Shutdown returned %v", err)
			}
			select {
			case <-ended:
				t.Error("somebody waited for the handler")
			default:
			}
			close(ends)
			await(t, ended, "the handler's end")
		})
	}
}

func TestShutdownCutsWhatIsLeftWhenItsContextEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u := &ws.Upgrader{CloseTimeout: time.Hour}
		p := pipe(t, u)
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		began := time.Now()
		if err := u.Shutdown(ctx); err != context.DeadlineExceeded || time.Since(began) != 10*time.Second {
			t.Fatalf("Shutdown returned %v after %v", err, time.Since(began))
		}
		<-p.session.Done()
		if err := p.session.Err(); err != ws.ErrShutdown {
			t.Fatalf("the session ended with %v", err)
		}
		if err := u.Shutdown(ctx); err != nil {
			t.Fatalf("with nobody left Shutdown returned %v", err)
		}
	})
}

func TestShutdownOfSilentPeersTakesCloseTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u := new(ws.Upgrader)
		p, began := pipe(t, u), time.Now()
		if err := u.Shutdown(t.Context()); err != nil || time.Since(began) != 5*time.Second {
			t.Fatalf("Shutdown returned %v after %v", err, time.Since(began))
		}
		if err := p.session.Err(); err != ws.ErrCloseTimeout {
			t.Fatalf("the session ended with %v", err)
		}
	})
}

func TestAfterShutdownOrCloseHandshakesAreRefused(t *testing.T) {
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

func TestShutdownWantsAContext(t *testing.T) {
	var none context.Context
	if err := new(ws.Upgrader).Shutdown(none); err == nil {
		t.Error("a nil context is no error")
	}
}

// slowHijack holds a handshake before its answer.
type slowHijack struct {
	*writer
	reached, goOn chan struct{}
}

func (w slowHijack) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	close(w.reached)
	<-w.goOn
	return w.writer.Hijack()
}

func TestShutdownWaitsForAHandshakeUnderWayAndSeesItOff(t *testing.T) {
	for _, cut := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			u := new(ws.Upgrader)
			end, peer := net.Pipe()
			w := slowHijack{&writer{conn: end}, make(chan struct{}), make(chan struct{})}
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

// heldWriter is slowHijack for a server's own writer.
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

func TestOverTCPShutdownWaitsForAHandshakeUnderWayAndSeesItOff(t *testing.T) {
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
		ctx, cancel := context.WithCancel(within(t))
		defer cancel()
		down := make(chan error, 1)
		go func() { // while the client waits for its answer
			defer close(goOn)
			<-reached
			begun := shutDown(ctx, u)
			until(t, "nobody is let in any more", func() bool {
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

func TestAHandshakeThatPanicsGivesItsRoomBack(t *testing.T) {
	u := &ws.Upgrader{MaxSessions: 1}
	func() {
		defer func() { _ = recover() }()
		_, _, _ = u.Handle(panics{&writer{}}, request())
	}()
	connectTo(t, u)
}

type panics struct{ *writer }

func (panics) Hijack() (net.Conn, *bufio.ReadWriter, error) { panic(http.ErrAbortHandler) }

func TestMaxSessionsIsExactHoweverManyKnock(t *testing.T) {
	const limit, knocks = 10, 200
	synctest.Test(t, func(t *testing.T) {
		u := &ws.Upgrader{MaxSessions: limit, Heartbeat: noHeartbeat}
		for range 3 { // each time room is made again
			var mu sync.Mutex
			var group sync.WaitGroup
			var in []piped
			for range knocks {
				group.Go(func() {
					end, peer := net.Pipe()
					session, stream, err := u.Handle(&writer{conn: end}, request())
					if err != nil {
						end.Close()
						return
					}
					mu.Lock()
					defer mu.Unlock()
					in = append(in, piped{pair: &pair{session: session, stream: stream}, end: peer, status: 101})
				})
			}
			group.Wait()
			if len(in) != limit {
				t.Errorf("%d sessions, want %d", len(in), limit)
			}
			for _, p := range in {
				p.end.Close()
				_ = p.session.Close(ws.CloseReason{})
				<-p.session.Done()
			}
		}
	})
}

func TestOverTCPMaxSessionsIsExactHoweverManyKnock(t *testing.T) {
	const limit, knocks = 10, 100
	ended := make(chan struct{}, limit)
	u := &ws.Upgrader{MaxSessions: limit, Trace: &ws.Trace{SessionEnd: func(*ws.Session, error) { ended <- struct{}{} }}}
	srv := serve(t, transports[0], http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if session, stream, err := u.Handle(w, r); err == nil {
			_ = echo(session, stream.Aggregate(0))
		}
	}))
	for range 3 { // each time room is made again
		var group sync.WaitGroup
		in := make(chan net.Conn, knocks)
		for range knocks {
			group.Go(func() {
				conn, err := net.Dial("tcp", srv.Listener.Addr().String())
				if err != nil {
					t.Error(err)
					return
				}
				_ = conn.SetDeadline(time.Now().Add(patience))
				_ = request().Write(conn)
				resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
				switch {
				case err == nil && resp.StatusCode == http.StatusSwitchingProtocols:
					in <- conn
					return
				case err != nil || resp.StatusCode != http.StatusServiceUnavailable || resp.Header.Get("Retry-After") == "":
					t.Errorf("answered with %v, %v", resp, err)
				}
				conn.Close()
			})
		}
		group.Wait()
		close(in)
		if len(in) != limit {
			t.Errorf("%d sessions, want %d", len(in), limit)
		}
		for conn := range in {
			conn.Close()
			await(t, ended, "a session's end")
		}
	}
	if stats := u.Stats(); stats.Total != 3*limit || stats.Refused != 3*(knocks-limit) {
		t.Errorf("counted %d sessions and %d refusals", stats.Total, stats.Refused)
	}
}

// connectTo opens a session of an Upgrader and has it end with the test.
func connectTo(t *testing.T, u *ws.Upgrader) *ws.Session {
	t.Helper()
	end, peer := net.Pipe()
	session, _, err := u.Handle(&writer{conn: end}, request())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		peer.Close()
		_ = session.Close(ws.CloseReason{})
		<-session.Done()
	})
	return session
}

func TestACopyOfAnUpgraderHasSessionsOfItsOwn(t *testing.T) {
	first := new(ws.Upgrader)
	session := connectTo(t, first)
	second := *first
	_ = second.Close()
	if err := session.Err(); err != nil {
		t.Fatalf("the session of the other one ended with %v", err)
	}
	connectTo(t, first)
}

func TestOverEveryTransportShutdownSaysGoodbye(t *testing.T) {
	for _, over := range transports {
		t.Run(over.name, func(t *testing.T) {
			u := new(ws.Upgrader)
			srv := serve(t, over, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if session, stream, err := u.Handle(w, r); err == nil {
					_ = echo(session, stream.Aggregate(0))
				}
			}))
			var clients []*client
			for range 5 {
				c := dial(t, srv, "")
				c.send(opText, "in")
				c.expect(opText, "in")
				clients = append(clients, c)
			}
			down := make(chan error, 1)
			go func() { down <- u.Shutdown(within(t)) }()
			for _, c := range clients {
				c.expectClose(1001)
				c.send(opClose, string(closePayload(1001, "")))
				c.expectEnd()
			}
			if err := await(t, down, "the shutdown's end"); err != nil {
				t.Fatal(err)
			}
		})
	}
}
