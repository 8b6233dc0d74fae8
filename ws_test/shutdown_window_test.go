package ws_test

import (
	"context"
	"errors"
	"net/http/httptest"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/handset-go/handset/ws"
)

// windowSession is a session of a server that shuts down, and a client that answers its
// Close frame.
type windowSession struct {
	*ws.Session
	closed chan time.Time // when the Close frame arrived
}

// connectWindow opens n sessions of u.
func connectWindow(t *testing.T, u *ws.Upgrader, n int) (all []windowSession) {
	for range n {
		p := connectPipe(t, u)
		s := windowSession{p.session, make(chan time.Time, 1)}
		c := newClient(t, p.end)
		go func() {
			if f, err := c.next(); err == nil && f.closeCode() == 1012 {
				s.closed <- time.Now()
				c.write(closeFrame(1012))
			}
			close(s.closed)
		}()
		all = append(all, s)
	}
	return all
}

func TestShutdownWindowSpreadsCloses(t *testing.T) {
	for _, tt := range []struct {
		n      int
		window time.Duration
	}{{1, time.Minute}, {3, 10 * time.Second}, {7, time.Minute}, {300, time.Second}} {
		synctest.Test(t, func(t *testing.T) {
			u := &ws.Upgrader{ShutdownWindow: tt.window, Options: ws.Options{Heartbeat: noHeartbeat}}
			all, began := connectWindow(t, u, tt.n), time.Now()
			if err := u.Shutdown(t.Context()); err != nil || time.Since(began) != tt.window {
				t.Errorf("%+v: Shutdown returned %v after %v", tt, err, time.Since(began))
			}
			var after []time.Duration
			for _, s := range all {
				after = append(after, (<-s.closed).Sub(began))
			}
			if tt.n > 5 && slices.IsSorted(after) {
				t.Errorf("%+v: closed in the order in which they began", tt)
			}
			slices.Sort(after)
			for i, d := range after {
				due := tt.window * time.Duration(i+1) / time.Duration(tt.n)
				if early, late := due-d, d-due; early > time.Microsecond || late > 10*time.Millisecond {
					t.Errorf("%+v: session %d was closed after %v, due after %v", tt, i, d, due)
				}
			}
		})
	}
}

// A window does not keep Shutdown waiting when there are no sessions left.
func TestShutdownWindowEndsWithLastSession(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u, began := &ws.Upgrader{ShutdownWindow: time.Hour}, time.Now()
		if err := u.Shutdown(t.Context()); err != nil || time.Since(began) != 0 {
			t.Errorf("without sessions Shutdown returned %v after %v", err, time.Since(began))
		}
		u = &ws.Upgrader{ShutdownWindow: time.Hour}
		p := connectPipe(t, u)
		time.AfterFunc(time.Second, func() { p.end.Close() })
		go p.stream.Recv(t.Context())
		if err := u.Shutdown(t.Context()); err != nil || time.Since(began) != time.Second {
			t.Errorf("Shutdown returned %v after %v", err, time.Since(began))
		}
	})
}

func TestShutdownWindowRefusesHandshakes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u := &ws.Upgrader{ShutdownWindow: time.Minute, Options: ws.Options{Heartbeat: noHeartbeat}}
		all := connectWindow(t, u, 2)
		down := startShutdown(t.Context(), u)
		synctest.Wait()
		w := httptest.NewRecorder()
		if _, _, err := u.Handle(w, request()); err == nil || w.Code != 503 || w.Header().Get("Retry-After") == "" {
			t.Errorf("%v, answered with %d %v", err, w.Code, w.Header())
		}
		if err := all[0].Text(t.Context(), "still open"); err != nil {
			t.Error(err)
		}
		u.Close()
		if err := <-down; err != nil {
			t.Error(err)
		}
	})
}

// A second Shutdown waits for the first and does not close sessions earlier. When the
// context of either ends, the remaining sessions end.
func TestShutdownWindowContextEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u := &ws.Upgrader{ShutdownWindow: time.Minute, Options: ws.Options{Heartbeat: noHeartbeat}}
		all, began := connectWindow(t, u, 4), time.Now()
		first := startShutdown(t.Context(), u)
		ctx, cancel := context.WithTimeout(t.Context(), 40*time.Second)
		defer cancel()
		if err := u.Shutdown(ctx); err != context.DeadlineExceeded || time.Since(began) != 40*time.Second {
			t.Errorf("the second Shutdown returned %v after %v", err, time.Since(began))
		}
		if err := <-first; err != nil {
			t.Errorf("the first Shutdown returned %v", err)
		}
		ends := map[error]int{}
		for _, s := range all {
			<-s.Done()
			switch err := s.Err(); {
			case errors.Is(err, ws.ErrShutdown):
				ends[ws.ErrShutdown]++
			case errors.Is(err, ws.ErrClosed):
				ends[ws.ErrClosed]++
			}
		}
		if ends[ws.ErrShutdown] != 2 || ends[ws.ErrClosed] != 2 {
			t.Errorf("the sessions ended with %v", ends)
		}
	})
}
