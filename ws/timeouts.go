package ws

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/handset-go/handset/internal/transport"
)

// sender is a session as the timers of WriteTimeout and CloseTimeout see it.
type sender interface {
	progress() progress
	// sinceTaken is how long ago the transport last took something, if that is
	// known.
	sinceTaken() (ago time.Duration, ok bool)
	// tryLastWrite has the transport write what it has room for, of which it may
	// not have told its writer yet. If it has none, the write fails.
	tryLastWrite()
	writeTimedOut()
}

// progress is how far what was sent has got. Where the kernel tells, that is what
// the peer's TCP has acknowledged; elsewhere it is what the transport has taken,
// which for a slow peer comes in steps as large as the transport's buffers.
type progress struct {
	acked   uint64
	taken   uint32
	known   bool // the kernel tells
	queued  bool // something has not been taken
	backlog bool // something has not been taken, or not been acknowledged
}

// beyond reports whether p is further than before.
func (p progress) beyond(before progress) bool {
	return p.acked != before.acked || p.taken != before.taken
}

// lastTaken is when the peer last took something, as far as is known: at the given
// time, or after it if now there is progress. The kernel does not tell when it was.
func lastTaken(s sender, before, p progress, at, now time.Time) time.Time {
	if !p.beyond(before) {
		return at
	}
	if p.acked == before.acked {
		if ago, ok := s.sinceTaken(); ok {
			return now.Add(-ago)
		}
	}
	return now
}

// writeTimer is for the WriteTimeout of sessions whose peers do not keep up, so
// that a goroutine writes for them. It looks four times per timeout whether each
// peer takes something; a session stays on its list until it is found to have
// nothing to write.
type writeTimer struct {
	mu      sync.Mutex
	timeout time.Duration
	writes  []pendingWrite
	timer   *time.Timer // nil before the first session
	due     time.Time   // when it is to fire
	stopped bool
}

// pendingWrite is what is known of a session on the list.
type pendingWrite struct {
	sender   sender
	listed   *atomic.Bool // it is on the list
	since    time.Time    // when the peer last took something, as far as is known
	progress progress
	lastTry  bool // tryLastWrite was called
}

// add puts s on the list, if it is not there. It is called for every write by a
// goroutine, most of which are over long before the timer fires.
func (t *writeTimer) add(s sender, listed *atomic.Bool) {
	if listed.Load() || !listed.CompareAndSwap(false, true) {
		return
	}
	w := pendingWrite{sender: s, listed: listed, since: time.Now(), progress: s.progress()}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.stopped {
		return
	}
	t.writes = append(t.writes, w)
	if len(t.writes) == 1 {
		t.setLocked(t.timeout / 4)
	}
}

// setLocked has the timer fire after the given time.
func (t *writeTimer) setLocked(after time.Duration) {
	t.due = time.Now().Add(after)
	if t.timer == nil {
		t.timer = time.AfterFunc(after, t.fire)
	} else {
		t.timer.Reset(after)
	}
}

// fire looks at all sessions on the list, and holds no lock meanwhile.
func (t *writeTimer) fire() {
	t.mu.Lock()
	all, timeout := t.writes, t.timeout
	t.writes = nil
	late := max(time.Since(t.due), 0) // as after a pause of the process, which is not the peer's
	t.mu.Unlock()
	kept := all[:0]
	now, next := time.Now(), timeout/4
	for _, w := range all {
		w.since = w.since.Add(late)
		if left := w.check(now, timeout); left > 0 {
			kept = append(kept, w)
			next = min(next, left)
		}
	}
	clear(all[len(kept):])
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.stopped {
		return
	}
	t.writes = append(kept, t.writes...)
	if len(t.writes) > 0 {
		t.setLocked(max(next, timeout/32))
	}
}

// check returns how long the peer may still take nothing, 0 if the session is to
// leave the list.
func (w *pendingWrite) check(now time.Time, timeout time.Duration) (left time.Duration) {
	p := w.sender.progress()
	if !p.queued {
		w.listed.Store(false)
		again := w.sender.progress() // since add did nothing until now
		if !again.queued || !w.listed.CompareAndSwap(false, true) {
			return 0
		}
	}
	if p.beyond(w.progress) {
		w.since = lastTaken(w.sender, w.progress, p, w.since, now)
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
		w.sender.writeTimedOut()
		return 0
	default:
		w.since, w.lastTry = now, true
		w.sender.tryLastWrite()
		return timeout
	}
}

func (t *writeTimer) start(timeout time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.timeout, t.stopped = timeout, false
}

// stop leaves no timer behind. A write under way may still call add.
func (t *writeTimer) stop() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.timer != nil {
		t.timer.Stop()
	}
	t.writes, t.timer, t.stopped = nil, nil, true
}

// messageTimer is for the MessageTimeout of a session: since when a message is
// arriving. Times are coarse, 0 for none.
type messageTimer struct {
	since        atomic.Uint32
	expiredSince atomic.Uint32 // since of a message that has taken too long
}

// begun notes, at the given time, that a part of a message has arrived.
func (t *messageTimer) begun(now uint32) {
	if t.since.Load() == 0 {
		t.since.Store(now)
	}
}

// finished notes that a message has arrived.
func (t *messageTimer) finished() { t.since.Store(0) }

// begin returns since when a message is arriving. paused is for how many ms before now
// the process did not run, which do not count.
func (t *messageTimer) begin(now, paused uint32) uint32 {
	since := t.since.Load()
	if since == 0 || paused == 0 {
		return since
	}
	moved := since + min(paused, now-since)
	if !t.since.CompareAndSwap(since, moved) {
		return t.since.Load()
	}
	return moved
}

// expire notes that the message that is arriving since then has taken too long.
func (t *messageTimer) expire(since uint32) { t.expiredSince.Store(since) }

// expired reports whether the message that is arriving has taken too long.
func (t *messageTimer) expired() bool {
	late := t.expiredSince.Load()
	return late != 0 && late == t.since.Load()
}
