package ws

import (
	"bytes"
	"context"
	"errors"
	"math"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/handset-go/handset/internal/frame"
)

// running reports whether the timer is going to fire.
func (t *checkTimer) running() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.timer == nil || !t.timer.Stop() {
		return false
	}
	t.timer.Reset(time.Until(t.due)) // as it was
	return true
}

// The timers are stopped when the last session ends, for any reason.
func TestTimersStopWithLastSession(t *testing.T) {
	off := Heartbeat{Interval: -1}
	for name, end := range map[string]func(s *Session, peer net.Conn){
		"aborted":       func(s *Session, _ net.Conn) { s.end(ErrShutdown) },
		"lost":          func(s *Session, peer net.Conn) { _ = peer.Close(); _, _ = s.stream().Recv(context.Background()) },
		"silent":        func(s *Session, _ net.Conn) { _ = s.Close(CloseReason{}) },
		"stalled":       func(s *Session, _ net.Conn) { _ = s.Text(context.Background(), "takes nothing") },
		"heartbeatless": func(s *Session, _ net.Conn) { go func() { _, _ = s.stream().Recv(context.Background()) }() },
	} {
		for _, u := range []*Upgrader{{}, {Options: Options{Heartbeat: off}}, {Options: Options{Heartbeat: off, MessageTimeout: time.Second}}} {
			if name == "heartbeatless" && u.Heartbeat == off {
				continue // the session does not end
			}
			t.Run(name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					first, _ := startSession(t, u)
					last, peer := startSession(t, u)
					r := u.registry()
					want := u.Heartbeat != off || u.MessageTimeout > 0
					first.end(ErrShutdown)
					if r.checks.running() != want {
						t.Fatalf("before the last session has ended, checks are running: %v", !want)
					}
					end(last, peer)
					<-last.Done()
					<-r.whenIdle()
					synctest.Wait()
					if r.checks.timer != nil || r.flushes.timer != nil || r.writes.timer != nil || r.writes.writes != nil {
						t.Error("a timer is left")
					}
				})
			})
		}
	}
}

// An idle session without heartbeat has no timer.
func TestTimersNoneWithoutHeartbeat(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u := &Upgrader{Options: Options{Heartbeat: Heartbeat{Interval: -1}}}
		idle, _ := startSession(t, u)
		if r := u.registry(); r.checks.timer != nil || r.flushes.timer != nil || r.writes.timer != nil {
			t.Error("there is a timer")
		}
		idle.end(ErrShutdown)
	})
}

func TestCloseTimeoutOfEachSession(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u := &Upgrader{Options: Options{CloseTimeout: 40 * time.Second, WriteTimeout: time.Hour}} // and a check after 30 s
		var all []*Session
		began := time.Now()
		for range 3 {
			s, _ := startSession(t, u)
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

// The longest timeouts do not expire at once.
func TestTimersLongestTimeouts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u := &Upgrader{Options: Options{
			CloseTimeout:   math.MaxInt64,
			MessageTimeout: math.MaxInt64,
			Heartbeat:      Heartbeat{Interval: math.MaxInt64, Timeout: math.MaxInt64},
			WriteTimeout:   math.MaxInt64,
		}}
		s, _ := startSession(t, u)
		_ = s.Close(CloseReason{})
		time.Sleep(365 * 24 * time.Hour)
		if err := s.Err(); err != nil {
			t.Error(err)
		}
		s.end(ErrShutdown)
	})
}

// After the end of a session with batched frames there is no timer.
func TestFlushTimerStopsAtEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u := &Upgrader{Options: Options{Heartbeat: Heartbeat{Interval: -1}}}
		s, peer := startSession(t, u)
		go func() { _, _ = peer.Write(bytes.Repeat(masked(frame.Binary, 10), 2)) }()
		if _, err := s.stream().Recv(context.Background()); err != nil {
			t.Fatal(err)
		}
		_ = s.Text(context.Background(), "waits, as there is more to receive")
		f := &u.registry().flushes
		timer := f.timer
		if timer == nil || len(f.waiting) != 1 {
			t.Fatal("nothing waits")
		}
		s.end(ErrShutdown)
		if timer.Stop() {
			t.Error("the timer runs on")
		}
		(*outboxCallbacks)(s).StartTimer() // by a concurrent send
		if f.timer != nil || f.waiting != nil || f.spare != nil {
			t.Error("something waits after the end")
		}
	})
}

// A checkTimer does not call check before it is due or after it is stopped.
func TestCheckTimerStopped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		checks := 0
		timer := &checkTimer{check: func(time.Duration) time.Duration { checks++; return time.Second }}
		timer.start(time.Second)
		timer.fire() // early
		time.Sleep(2500 * time.Millisecond)
		timer.stop()
		timer.fire() // late
		time.Sleep(time.Minute)
		if checks != 2 {
			t.Errorf("%d checks, want 2", checks)
		}
	})
}
