package ws

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// WriteTimeout does not count time in which the process did not run.
func TestWriteTimeoutAfterPause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := startSession(t, &Upgrader{Options: Options{WriteTimeout: 16 * time.Second, Heartbeat: Heartbeat{Interval: -1}}})
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
		s, _ := startSession(t, &Upgrader{Options: Options{WriteTimeout: timeout, Heartbeat: Heartbeat{Interval: -1}}})
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

// The list of writes does not keep sessions that have written, nor their memory, for longer
// than a second.
func TestWriteTimerShrinks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var writes writeTimer
		writes.start(16 * time.Second)
		for range 1000 {
			writes.add(&slowPeer{began: time.Now()}, new(atomic.Bool))
		}
		time.Sleep(time.Second)
		synctest.Wait()
		writes.mu.Lock()
		defer writes.mu.Unlock()
		if len(writes.writes) != 0 || cap(writes.writes) > 64 {
			t.Errorf("%d writes, and room for %d", len(writes.writes), cap(writes.writes))
		}
	})
}

// slowPeer is a sender whose peer accepts one byte per second for some time.
type slowPeer struct {
	begin progress
	began time.Time
	takes time.Duration
	tries int // of tryLastWrite
}

func (s *slowPeer) progress() progress {
	p := s.begin
	p.acked = uint64(min(time.Since(s.began), s.takes) / time.Second)
	return p
}

func (s *slowPeer) sinceTaken() (time.Duration, bool) { return 0, false }
func (s *slowPeer) tryLastWrite() bool                { s.tries++; return true }
func (s *slowPeer) writeTimedOut()                    {}

// A closeTimer expires when the peer has accepted nothing for the timeout.
func TestCloseTimerExpired(t *testing.T) {
	const timeout = 8 * time.Second
	for _, test := range []struct {
		name    string
		begin   progress
		takes   time.Duration // how long the peer accepts data
		counts  bool          // whether that counts
		flushed time.Duration // when the queue has been written
		pause   time.Duration // delay of the first expiry
		want    time.Duration
		tries   int
	}{
		{"nothing queued", progress{}, 0, true, 0, 0, 8 * time.Second, 0},
		{"queue written later", progress{}, 0, true, 5 * time.Second, 0, 13 * time.Second, 0},
		{"acknowledgements known, nothing accepted", progress{known: true, backlog: true}, 0, true, 0, 0, 8 * time.Second, 0},
		{"acknowledgements known, accepted for a minute", progress{known: true, backlog: true}, time.Minute, true, 0, 0, 68 * time.Second, 0},
		{"accepted by a peer that violated the protocol", progress{known: true, backlog: true}, time.Minute, false, 0, 0, 8 * time.Second, 0},
		{"acknowledgements unknown, nothing accepted", progress{backlog: true}, 0, true, 0, 0, 8 * time.Second, 1},
		{"the process does not run for a while", progress{}, 0, true, 0, time.Minute, 68 * time.Second, 0},
		{"the timer is a little late", progress{}, 0, true, 0, 99 * time.Millisecond, 8 * time.Second, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				began := time.Now()
				s := &slowPeer{begin: test.begin, began: began, takes: test.takes}
				fired := make(chan struct{}, 1)
				timer := newCloseTimer(s, timeout, func() { fired <- struct{}{} })
				var mu sync.Mutex // instead of the closeState's
				if test.flushed > 0 {
					time.AfterFunc(test.flushed, func() {
						mu.Lock()
						defer mu.Unlock()
						timer.flushed()
					})
				}
				for first := true; ; first = false {
					<-fired
					if first && test.pause > 0 {
						time.Sleep(test.pause)
					}
					mu.Lock()
					expired := timer.expired(test.counts)
					mu.Unlock()
					if expired {
						break
					}
				}
				if took := time.Since(began); took != test.want || s.tries != test.tries {
					t.Errorf("expired after %v and %d last tries, want %v and %d", took, s.tries, test.want, test.tries)
				}
			})
		})
	}
}

// CloseTimeout does not count time in which the process did not run.
func TestCloseTimeoutAfterPause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := startSession(t, &Upgrader{Options: Options{CloseTimeout: time.Second, Heartbeat: Heartbeat{Interval: -1}}})
		_ = s.Close(CloseReason{})
		c := s.closeState()
		c.mu.Lock()
		c.timer.due = time.Now().Add(-10 * time.Second) // as if the timer were late
		c.mu.Unlock()
		s.closeTimedOut()
		if s.ended() != nil {
			t.Fatal("ended at once")
		}
		began := time.Now()
		<-s.Done()
		if took := time.Since(began); took < time.Second || !errors.Is(s.Err(), ErrCloseTimeout) {
			t.Errorf("ended after %v with %v", took, s.Err())
		}
	})
}

// If the queue is written after a pause of the process, before the timer has noticed
// the pause, the timeout is not prolonged.
func TestCloseTimeoutBeginsByNow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fired := make(chan struct{}, 1)
		timer := newCloseTimer(&slowPeer{began: time.Now()}, 8*time.Second, func() { fired <- struct{}{} })
		<-fired
		time.Sleep(time.Hour)
		timer.flushed()
		began := time.Now()
		for !timer.expired(true) {
			<-fired
		}
		if took := time.Since(began); took != 8*time.Second {
			t.Errorf("expired %v after all has left", took)
		}
	})
}

// The closeTimer is stopped and freed when the session ends.
func TestCloseTimerStopsAtEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, peer := startSession(t, &Upgrader{Options: Options{Heartbeat: Heartbeat{Interval: -1}}})
		_ = s.Close(CloseReason{})
		timer := s.closeState().timer
		_ = peer.Close()
		<-s.Done()
		if timer.timer.Stop() {
			t.Error("the timer runs on")
		}
		if s.closeState().timer != nil {
			t.Error("the session keeps its timer")
		}
	})
}
