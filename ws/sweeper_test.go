package ws

import (
	"context"
	"errors"
	"math"
	"net"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"
)

// begun returns a session of u over a pipe whose handshake needs no saying, and
// the other end.
func begun(t *testing.T, u *Upgrader) (*Session, net.Conn) {
	t.Helper()
	end, peer := net.Pipe()
	t.Cleanup(func() { _ = peer.Close() })
	f := u.registry()
	if err := f.knock(httptest.NewRecorder(), nil); err != nil {
		t.Fatal(err)
	}
	s := f.begin(end, nil, nil, nil)
	f.enter(s)
	return s, peer
}

// runs reports whether the sweeper's timer is going to strike.
func (w *sweeper) runs() bool {
	w.registry.mu.Lock()
	defer w.registry.mu.Unlock()
	if w.timer == nil || !w.timer.Stop() {
		return false
	}
	w.timer.Reset(time.Until(w.strikes)) // as before
	return true
}

func TestASweeperIsGoneWithTheLastSessionHoweverItEnds(t *testing.T) {
	off := Heartbeat{Interval: -1}
	for name, end := range map[string]func(s *Session, peer net.Conn){
		"cut":             func(s *Session, _ net.Conn) { s.end(ErrShutdown) },
		"lost":            func(s *Session, peer net.Conn) { _ = peer.Close(); _, _ = s.stream().Recv(context.Background()) },
		"silent":          func(s *Session, _ net.Conn) { _ = s.Close(CloseReason{}) },
		"stalled":         func(s *Session, _ net.Conn) { _ = s.Text(context.Background(), "takes nothing") },
		"without a pulse": func(s *Session, _ net.Conn) { go func() { _, _ = s.stream().Recv(context.Background()) }() },
	} {
		for _, u := range []*Upgrader{{}, {Heartbeat: off}, {Heartbeat: off, MessageTimeout: time.Second}} {
			if name == "without a pulse" && u.Heartbeat == off {
				continue // and for ever
			}
			t.Run(name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					first, _ := begun(t, u)
					last, peer := begun(t, u)
					w := u.registry().sweeper
					first.end(ErrShutdown)
					if u.registry().sweeper != w {
						t.Fatal("the sweeper is gone before the last session")
					}
					end(last, peer)
					<-last.Done()
					<-u.registry().allGone()
					synctest.Wait()
					if u.registry().sweeper != nil || w.departures != nil || w.runs() {
						t.Errorf("left: sweeper %v, %d departures", u.registry().sweeper, len(w.departures))
					}
				})
			})
		}
	}
}

func TestASweeperWithNothingToWaitForHasNoTimerRunning(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u := &Upgrader{Heartbeat: Heartbeat{Interval: -1}}
		idle, _ := begun(t, u)
		w := u.registry().sweeper
		if w.timer != nil {
			t.Error("there is a timer for an idle session without a heartbeat")
		}
		for range 3 {
			s, peer := begun(t, u)
			_ = s.Close(CloseReason{})
			if !w.runs() {
				t.Error("nothing times a session that is closing")
			}
			_ = peer.Close()
			<-s.Done()
			if w.runs() || w.departures != nil {
				t.Error("the timer goes on for a session that has ended")
			}
		}
		idle.end(ErrShutdown)
	})
}

func TestASweepersTimerIsSetForWhatIsDueFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u := &Upgrader{CloseTimeout: 40 * time.Second, WriteTimeout: time.Hour} // and a round after 30 s
		var all []*Session
		began := time.Now()
		for range 3 {
			s, _ := begun(t, u)
			_ = s.Close(CloseReason{})
			all = append(all, s)
			time.Sleep(7 * time.Second)
		}
		for i, s := range all {
			<-s.Done()
			want := time.Duration(40+7*i) * time.Second
			if took := time.Since(began); took != want || !errors.Is(s.Err(), ErrCloseTimeout) {
				t.Errorf("session %d ended after %v with %v, want %v", i, took, s.Err(), want)
			}
		}
	})
}

func TestTheLongestTimeoutsDoNotStrikeAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u := &Upgrader{CloseTimeout: math.MaxInt64, MessageTimeout: math.MaxInt64,
			Heartbeat: Heartbeat{Interval: math.MaxInt64, Timeout: math.MaxInt64}, WriteTimeout: math.MaxInt64}
		s, _ := begun(t, u)
		_ = s.Close(CloseReason{})
		time.Sleep(365 * 24 * time.Hour)
		if err := s.Err(); err != nil {
			t.Error(err)
		}
		s.end(ErrShutdown)
	})
}
