package ws_test

import (
	"bufio"
	"net"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/handset-go/handset/ws"
)

// A handshake that panics does not count against MaxSessions afterwards.
func TestMaxSessionsAfterPanic(t *testing.T) {
	u := &ws.Upgrader{MaxSessions: 1}
	func() {
		defer func() { _ = recover() }()
		_, _, _ = u.Handle(hijackPanicWriter{&responseWriter{}}, request())
	}()
	connectTo(t, u)
}

type hijackPanicWriter struct{ *responseWriter }

func (hijackPanicWriter) Hijack() (net.Conn, *bufio.ReadWriter, error) { panic(http.ErrAbortHandler) }

// MaxSessions is exact under concurrent handshakes.
func TestMaxSessionsIsExact(t *testing.T) {
	const limit, handshakes = 10, 200
	synctest.Test(t, func(t *testing.T) {
		u := &ws.Upgrader{MaxSessions: limit, Options: ws.Options{Heartbeat: noHeartbeat}}
		for range 3 { // each time after the sessions have ended
			var mu sync.Mutex
			var group sync.WaitGroup
			var in []pipePair
			for range handshakes {
				group.Go(func() {
					end, peer := net.Pipe()
					session, stream, err := u.Handle(&responseWriter{conn: end}, request())
					if err != nil {
						end.Close()
						return
					}
					mu.Lock()
					defer mu.Unlock()
					in = append(in, pipePair{pair: &pair{session: session, stream: stream}, end: peer, status: 101})
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

func TestMaxSessionsIsExactOverTCP(t *testing.T) {
	const limit, handshakes = 10, 100
	ended := make(chan struct{}, limit)
	u := &ws.Upgrader{MaxSessions: limit, Options: ws.Options{Trace: &ws.Trace{SessionEnd: func(*ws.Session, error) { ended <- struct{}{} }}}}
	srv := serve(t, transports[0], http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if session, stream, err := u.Handle(w, r); err == nil {
			_ = echo(session, stream.Aggregate(0))
		}
	}))
	for range 3 { // each time after the sessions have ended
		var group sync.WaitGroup
		in := make(chan net.Conn, handshakes)
		for range handshakes {
			group.Go(func() {
				conn, err := net.Dial("tcp", srv.Listener.Addr().String())
				if err != nil {
					t.Error(err)
					return
				}
				_ = conn.SetDeadline(time.Now().Add(testTimeout))
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
	if stats := u.Stats(); stats.Total != 3*limit || stats.Refused != 3*(handshakes-limit) {
		t.Errorf("counted %d sessions and %d refusals", stats.Total, stats.Refused)
	}
}
