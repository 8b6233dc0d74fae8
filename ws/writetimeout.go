package ws

import (
	"sync"
	"time"

	"github.com/handset-go/handset/internal/transport"
)

// writing is the sessions whose peers do not keep up, so that a goroutine of
// theirs writes: for WriteTimeout. One timer for all of a registry looks whether
// each peer takes something, four times in that time; a session stays in the list
// until it is found to have nothing to write.
type writing struct {
	timeout time.Duration

	mu     sync.Mutex
	writes []stalling
	timer  *time.Timer // nil before the first session
	due    time.Time   // when it is to fire
	over   bool        // there are no sessions
}

// stalling is what is known of a session in the list, whose peer may be.
type stalling struct {
	session  *Session
	since    time.Time // when the peer last took something, as far as is known
	progress progress
	lastTry  bool // the transport has been told to write what it can
}

// add has the session looked after. It is called for every write by a goroutine,
// most of which are over long before the first look.
func (w *writing) add(s *Session) {
	if s.writes.Load() || !s.writes.CompareAndSwap(false, true) {
		return
	}
	write := stalling{session: s, since: time.Now(), progress: s.progress()}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.over {
		return
	}
	w.writes = append(w.writes, write)
	if len(w.writes) == 1 {
		w.set(w.timeout / 4)
	}
}

// set has the timer fire after the given time. The caller has the lock.
func (w *writing) set(after time.Duration) {
	w.due = time.Now().Add(after)
	if w.timer == nil {
		w.timer = time.AfterFunc(after, w.look)
	} else {
		w.timer.Reset(after)
	}
}

// look ends the sessions whose peers have taken nothing for the timeout. No lock
// is held while it looks at one.
func (w *writing) look() {
	w.mu.Lock()
	all := w.writes
	w.writes = nil
	late := max(time.Since(w.due), 0) // as after a pause of the process, which is not the peer's
	w.mu.Unlock()
	kept := all[:0]
	now, next := time.Now(), w.timeout/4
	for _, write := range all {
		write.since = write.since.Add(late)
		if left := write.look(now, w.timeout); left > 0 {
			kept = append(kept, write)
			next = min(next, left)
		}
	}
	clear(all[len(kept):])
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.over {
		return
	}
	w.writes = append(kept, w.writes...)
	if len(w.writes) > 0 {
		w.set(max(next, w.timeout/32))
	}
}

// look returns how long the peer may still take nothing, 0 if the session is not
// to be looked after any more.
func (w *stalling) look(now time.Time, timeout time.Duration) (left time.Duration) {
	s := w.session
	p := s.progress()
	if queued, _ := s.out.Queue(); queued == 0 {
		s.writes.Store(false)
		queued, _ = s.out.Queue() // since add did nothing until now
		if queued == 0 || !s.writes.CompareAndSwap(false, true) {
			return 0
		}
	}
	if p.beyond(w.progress) {
		w.since = s.progressed(p, w.progress, w.since, now)
		w.progress, w.lastTry = p, false
	}
	left = timeout - now.Sub(w.since)
	if !p.known && !w.lastTry {
		left -= min(transport.LastTry, timeout/2)
	}
	switch {
	case left > 0:
		return left
	case p.known || w.lastTry:
		s.end(ErrWriteTimeout)
		return 0
	default:
		w.since, w.lastTry = now, true
		s.tryLastWrite()
		return timeout
	}
}

// tryLastWrite has the transport write what it has room for, of which it may not
// have told its writer yet. If it has none, the write fails.
func (s *Session) tryLastWrite() { _ = s.transport.SetWriteDeadline(longAgo) }

// begin is called before the first session, and end after the last, which leaves
// nothing behind.
func (w *writing) begin(timeout time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.timeout, w.over = timeout, false
}

func (w *writing) end() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.timer != nil {
		w.timer.Stop()
	}
	w.writes, w.timer, w.over = nil, nil, true
}
