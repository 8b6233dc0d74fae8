package ws

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// WriteTimeout does not count time in which the process did not run.
func TestWriteTimeoutAfterPause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := startSession(t, &Upgrader{WriteTimeout: 16 * time.Second, Heartbeat: Heartbeat{Interval: -1}})
		_ = s.Text(context.Background(), "not taken")
		time.Sleep(15 * time.Second)
		w := &s.registry.writes
		w.mu.Lock()
		w.due = time.Now().Add(-10 * time.Second) // as if the timer were late
		w.mu.Unlock()
		w.fire()
		began := time.Now()
		<-s.Done()
		if took := time.Since(began); took < 11*time.Second || took > 15*time.Second || s.Err() != ErrWriteTimeout {
			t.Errorf("ended after %v with %v", took, s.Err())
		}
	})
}

// The timeout of a write that begins after a pause, before the timer has noticed the
// pause, is not prolonged.
func TestWriteTimeoutBeginsByNow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const timeout = 16 * time.Second
		s, _ := startSession(t, &Upgrader{WriteTimeout: timeout, Heartbeat: Heartbeat{Interval: -1}})
		_ = s.Text(context.Background(), "not taken")
		w := &s.registry.writes
		w.mu.Lock()
		w.due = time.Now().Add(-time.Hour) // as if the timer were late
		w.mu.Unlock()
		w.fire()
		began := time.Now()
		<-s.Done()
		if took := time.Since(began); took > timeout+timeout/4 || s.Err() != ErrWriteTimeout {
			t.Errorf("ended after %v with %v", took, s.Err())
		}
	})
}

// The list of writes does not keep the memory of sessions that have left it.
func TestWriteTimerShrinks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var writes writeTimer
		writes.start(16 * time.Second)
		for range 1000 {
			writes.add(&slowPeer{began: time.Now()}, new(atomic.Bool))
		}
		time.Sleep(5 * time.Second)
		synctest.Wait()
		writes.mu.Lock()
		defer writes.mu.Unlock()
		if len(writes.writes) != 0 || cap(writes.writes) > 64 {
			t.Errorf("%d writes, and room for %d", len(writes.writes), cap(writes.writes))
		}
	})
}
