package ws_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/handset-go/handset/ws"
)

// waysToAbandon are what a handler does with a session before it drops all
// references. What they return is kept by the test, and must not keep the session.
var waysToAbandon = map[string]func(s *ws.Session, m *ws.MessageStream) any{
	"panic at once": func(*ws.Session, *ws.MessageStream) any { panic(http.ErrAbortHandler) },
	"panic after a text": func(s *ws.Session, _ *ws.MessageStream) any {
		must(s.Text(forever, "hello"))
		panic(http.ErrAbortHandler)
	},
	"both forgotten":   func(*ws.Session, *ws.MessageStream) any { return nil },
	"its context kept": func(s *ws.Session, _ *ws.MessageStream) any { return s.Context() },
	"its Done kept":    func(s *ws.Session, _ *ws.MessageStream) any { return s.Done() },
	"a child of its context kept": func(s *ws.Session, _ *ws.MessageStream) any {
		ctx, cancel := context.WithTimeout(context.WithValue(s.Context(), contextKey{}, 1), time.Hour)
		context.AfterFunc(ctx, cancel)
		return ctx
	},
	"its address and figures kept": func(s *ws.Session, _ *ws.MessageStream) any {
		return []any{s.RemoteAddr(), s.Subprotocol(), s.Stats(), s.Buffered(), s.Err(), s.Latency()}
	},
	"received with a context that goes on": func(_ *ws.Session, m *ws.MessageStream) any {
		_, err := m.Recv(cancellable)
		must(err)
		return nil
	},
	"a loop with a context that goes on left": func(_ *ws.Session, m *ws.MessageStream) any {
		for _, err := range m.Aggregate(0).All(cancellable) {
			must(err)
			return nil
		}
		return nil
	},
	"a Recv whose context ended": func(_ *ws.Session, m *ws.MessageStream) any {
		ctx, cancel := context.WithCancel(forever)
		cancel()
		_, _ = m.Recv(ctx)
		return ctx
	},
	"a message open by Continuation": func(s *ws.Session, _ *ws.MessageStream) any {
		must(s.Continuation(forever, ws.FirstText, []byte("once upon")))
		return nil
	},
	"a message open by Writer": func(s *ws.Session, _ *ws.MessageStream) any {
		_, err := s.Writer(forever, ws.Text).Write([]byte(strings.Repeat("x", 40_000)))
		must(err)
		return nil
	},
	"a message of 300 kB under way": func(s *ws.Session, _ *ws.MessageStream) any {
		must(s.Binary(forever, make([]byte, 300_000)))
		return nil
	},
	"all options set": func(s *ws.Session, m *ws.MessageStream) any {
		m.MaxFrameSize(1000).RefuseData().Aggregate(0)
		return nil
	},
}

// A session to which nothing refers ends.
func TestAbandonedSessionEnds(t *testing.T) {
	t.Cleanup(cancelCancellable)
	for name, abandon := range waysToAbandon {
		for _, env := range environments {
			t.Run(name+","+env.name, func(t *testing.T) {
				t.Parallel()
				ended := make(chan error, 1)
				u := &ws.Upgrader{
					Compression: ws.Balanced(),
					Options: ws.Options{
						WriteTimeout: shortWriteTimeout,
						Trace: &ws.Trace{SessionEnd: func(s *ws.Session, err error) {
							if s.Text(forever, "late") == nil {
								t.Error("a text can still be sent")
							}
							ended <- err
						}},
					},
				}
				u.KeepRequestValues = !strings.HasPrefix(env.name, "dialed")
				kept := make(chan any, 1)
				from, c := env.begin(t, u, func(s *ws.Session, m *ws.MessageStream) {
					defer close(kept)
					kept <- abandon(s, m)
				})
				go c.conn.Write(masked(fin|opText, []byte("hello"))) // which need not be read
				gone := make(chan struct{})
				go func() { _, _ = io.Copy(io.Discard, c.br); close(gone) }()
				keeps := await(t, kept, "the handler's end")
				runGCUntil(t, "the session has ended", func() bool { return len(ended) > 0 })
				if err := <-ended; err != ws.ErrAbandoned {
					t.Errorf("the session ended with %v", err)
				}
				await(t, gone, "the connection's end")
				switch kept := keeps.(type) {
				case context.Context:
					await(t, kept.Done(), "the context's end")
					if cause := context.Cause(kept); cause != ws.ErrAbandoned && cause != context.Canceled {
						t.Errorf("the context ended with %v", cause)
					}
				case <-chan struct{}:
					await(t, kept, "Done")
				}
				waitUntil(t, "the session is off the lists", func() bool {
					stats := from.Stats()
					return stats.Sessions == 0 && stats.Ends[ws.EndAbandoned] == 1 && len(stats.Ends) == 1
				})
				if err := from.Shutdown(testContext(t)); err != nil {
					t.Error(err)
				}
				runtime.KeepAlive(keeps)
			})
		}
	}
}

func TestClosingSessionsAreNotAbandoned(t *testing.T) {
	for _, env := range environments {
		t.Run(env.name, func(t *testing.T) {
			u := new(ws.Upgrader)
			from, c := env.begin(t, u, func(s *ws.Session, _ *ws.MessageStream) { _ = s.Close(ws.CloseReason{Code: 4000}) })
			c.expectClose(4000)
			runGC()
			c.write(closeFrame(4000))
			c.expectEnd()
			waitUntil(t, "the session has ended", func() bool { return from.Stats().Ends[ws.EndClosed] == 1 })
		})
	}
}

func TestAbandonedSessionsAmongOthers(t *testing.T) {
	eachSide(t, func(t *testing.T, on side) {
		from, n := on.endpoint(t, nil), 300
		beginGone := func() *ws.Session {
			end, peer := net.Pipe()
			_ = peer.Close()
			session, _ := begin(t, from, end, nil)
			return session
		}
		var kept []*ws.Session
		for i := range 3 * n {
			s := beginGone()
			switch i % 3 {
			case 0:
				kept = append(kept, s)
			case 1:
				go func() { _ = s.Close(ws.CloseReason{}) }()
			}
			if i%100 == 0 {
				runtime.GC()
			}
		}
		runGCUntil(t, "all of a third are found", func() bool { return from.Stats().Ends[ws.EndAbandoned] == uint64(n) })
		waitUntil(t, "a third are left", func() bool { return from.Stats().Sessions <= n }) // another third closes by itself
		if stats := from.Stats(); stats.Sessions != n || stats.Total != uint64(3*n) {
			t.Errorf("counted %d of %d", stats.Sessions, stats.Total)
		}
		runtime.KeepAlive(kept)
		_ = from.Close()
		await(t, kept[n-1].Done(), "the last session's end")
	})
}

func TestAbandonedSessionInSynctest(t *testing.T) {
	eachSide(t, func(t *testing.T, on side) {
		synctest.Test(t, func(t *testing.T) {
			ended := make(chan error, 1)
			from := on.endpoint(t, &ws.Upgrader{Options: ws.Options{Trace: &ws.Trace{SessionEnd: func(_ *ws.Session, err error) { ended <- err }}}})
			peer := abandonInSynctest(t, from)
			for i := 0; len(ended) == 0; i++ {
				if i == 1000 {
					t.Fatal("the session goes on")
				}
				runtime.GC()
				time.Sleep(time.Hour) // in which the timer fires
			}
			if err := <-ended; err != ws.ErrAbandoned || from.Stats().Sessions != 0 {
				t.Errorf("SessionEnd got %v, %d sessions", err, from.Stats().Sessions)
			}
			if _, err := peer.Read(make([]byte, 10)); err != io.EOF {
				t.Errorf("the peer read %v", err)
			}
			if err := from.Shutdown(t.Context()); err != nil {
				t.Error(err)
			}
		})
	})
}

// No timer is running, so that only Shutdown or Close can end the sessions.
func TestAbandonedSessionsEndInSynctest(t *testing.T) {
	eachSide(t, func(t *testing.T, on side) {
		for name, end := range map[string]func(endpoint) error{
			"Shutdown": func(from endpoint) error { return from.Shutdown(forever) },
			"Close":    endpoint.Close,
		} {
			t.Run(name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					from := on.endpoint(t, &ws.Upgrader{Options: ws.Options{Heartbeat: noHeartbeat}})
					peer := abandonInSynctest(t, from)
					go func() { _, _ = io.Copy(io.Discard, peer) }()
					collectInSynctest()
					if err := end(from); err != nil {
						t.Error(err)
					}
					synctest.Wait()
					if stats := from.Stats(); stats.Ends[ws.EndAbandoned] != 1 {
						t.Errorf("counted %v", stats.Ends)
					}
				})
			})
		}
	})
}

// collectInSynctest is runGC without a channel, which must not be shared with a bubble.
func collectInSynctest() {
	for range 2 { // finalizers found together run in any order
		var done atomic.Bool
		func() { runtime.SetFinalizer(new([100]*int), func(*[100]*int) { done.Store(true) }) }()
		for !done.Load() {
			runtime.GC()
		}
	}
}

//go:noinline
func abandonInSynctest(t *testing.T, from endpoint) net.Conn {
	end, peer := net.Pipe()
	begin(t, from, end, nil)
	return peer
}

func TestAbandonedSessionsAtShutdown(t *testing.T) {
	eachSide(t, func(t *testing.T, on side) {
		t.Parallel()
		for range 20 {
			from := on.endpoint(t, &ws.Upgrader{Options: ws.Options{CloseTimeout: shortWait}})
			for range 20 {
				end, peer := net.Pipe()
				go func() { _, _ = io.Copy(io.Discard, peer) }()
				begin(t, from, end, nil)
			}
			go runtime.GC()
			if err := from.Shutdown(testContext(t)); err != nil {
				t.Fatal(err)
			}
			if stats := from.Stats(); stats.Sessions != 0 || stats.Ends[ws.EndAbandoned]+stats.Ends[ws.EndCloseTimeout] != 20 {
				t.Fatal(fmt.Sprint(stats.Sessions, stats.Ends))
			}
		}
	})
}
