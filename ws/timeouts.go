package ws

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/handset-go/handset/internal/transport"
)

// sender is what the timers of WriteTimeout and CloseTimeout need of a session.
type sender interface {
	progress() progress
	// sinceTaken returns how long ago the transport last accepted data, if that is
	// known.
	sinceTaken() (ago time.Duration, ok bool)
	// tryLastWrite makes the transport write what it has space for but has not
	// reported to its writer. If there is no space, the write fails. It returns
	// false if the transport does not support that.
	tryLastWrite() (ok bool)
	writeTimedOut()
}

// progress is the progress of sending. If the operating system reports it, it is what
// the peer's TCP has acknowledged. Otherwise it is what the transport has accepted,
// which for a slow peer happens in steps as large as the transport's buffers.
type progress struct {
	acked   uint64
	taken   uint32
	known   bool // the operating system reports acked
	queued  bool // data has not been accepted by the transport
	backlog bool // data has not been accepted, or not been acknowledged
}

// beyond reports whether there is progress in p since before.
func (p progress) beyond(before progress) bool {
	return p.acked != before.acked || p.taken != before.taken
}

// lastTaken returns when the peer last accepted data, as far as is known: at, or a
// later time if there is progress. The operating system does not report the time, so
// the latest possible time is assumed.
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

// postponed returns the start of a timeout after the process did not run for late:
// since plus late, but at most now.
func postponed(since time.Time, late time.Duration, now time.Time) time.Time {
	if since = since.Add(late); since.After(now) {
		return now
	}
	return since
}

// writeTimer implements WriteTimeout for sessions that have a background writer
// because their peer is slow. It checks four times per timeout whether each peer
// accepts data. A session stays in its list until a check finds that it has nothing
// to write. The first check is after a second at most, when most writes are done.
type writeTimer struct {
	mu      sync.Mutex
	timeout time.Duration
	writes  []pendingWrite
	timer   *time.Timer // nil before the first session
	due     time.Time   // when the timer is to fire
	stopped bool
}

// pendingWrite is a session in the list of a writeTimer.
type pendingWrite struct {
	sender   sender
	listed   *atomic.Bool // it is in the list
	since    time.Time    // when the peer last accepted data, as far as is known
	progress progress
	lastTry  bool // tryLastWrite has been called
}

// add adds s to the list if it is not there. It is called for every write by a
// goroutine, most of which are done long before the timer fires.
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
		t.setLocked(min(t.timeout/4, time.Second))
	}
}

// setLocked makes the timer fire after the given time.
func (t *writeTimer) setLocked(after time.Duration) {
	t.due = time.Now().Add(after)
	if t.timer == nil {
		t.timer = time.AfterFunc(after, t.fire)
	} else {
		t.timer.Reset(after)
	}
}

// fire checks all sessions in the list. It holds no lock while it does.
func (t *writeTimer) fire() {
	t.mu.Lock()
	all, timeout := t.writes, t.timeout
	t.writes = nil
	late := max(time.Since(t.due), 0) // for example because the process did not run
	t.mu.Unlock()
	kept := all[:0]
	now, next := time.Now(), timeout/4
	for _, w := range all {
		w.since = postponed(w.since, late, now)
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
	t.writes = shrunk(append(kept, t.writes...)) // over TLS all sessions may have been on it
	if len(t.writes) > 0 {
		t.setLocked(max(next, timeout/32))
	}
}

// check returns how much longer the peer may accept nothing, or 0 if the session is
// removed from the list.
func (w *pendingWrite) check(now time.Time, timeout time.Duration) (left time.Duration) {
	p := w.sender.progress()
	if !p.queued {
		w.listed.Store(false)
		again := w.sender.progress() // add had no effect before the Store
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
	case p.known || w.lastTry || !w.sender.tryLastWrite():
		w.sender.writeTimedOut()
		return 0
	default:
		w.since, w.lastTry = now, true
		return timeout
	}
}

// shrunk returns list, copied if it takes more than four times the memory that it
// needs.
func shrunk[T any](list []T) []T {
	if cap(list) > 64 && len(list) < cap(list)/4 {
		return slices.Clip(slices.Clone(list))
	}
	return list
}

func (t *writeTimer) start(timeout time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.timeout, t.stopped = timeout, false
}

// stop stops the timer. A concurrent write may still call add, which has no effect.
func (t *writeTimer) stop() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.timer != nil {
		t.timer.Stop()
	}
	t.writes, t.timer, t.stopped = nil, nil, true
}

// pauseNoticed is the delay of a timer from which the process is assumed not to have
// run, because it was suspended or the machine was overloaded. The peer is given that
// much more time.
const pauseNoticed = 100 * time.Millisecond

// closeTimer implements CloseTimeout for a session that is closing. The timeout
// counts from when the closeTimer was made, the queue was written, or the peer last
// accepted data, whichever is latest. The timer fires four times per timeout, to
// observe whether the peer accepts data and whether the process was running.
//
// The lock of the session's closeState guards it.
type closeTimer struct {
	sender   sender
	timeout  time.Duration
	since    time.Time // start of the timeout
	progress progress  // when the timer last fired
	lastTry  bool      // tryLastWrite has been called

	timer *time.Timer
	due   time.Time // when the timer is to fire
}

// newCloseTimer returns a closeTimer that calls fire, which must call expired.
func newCloseTimer(s sender, timeout time.Duration, fire func()) *closeTimer {
	now := time.Now()
	t := &closeTimer{sender: s, timeout: timeout, since: now, progress: s.progress()}
	wait := t.wait(now)
	t.due = now.Add(wait)
	t.timer = time.AfterFunc(wait, fire)
	return t
}

// flushed is called when the queue has been written.
func (t *closeTimer) flushed() {
	if t != nil {
		t.since = time.Now()
	}
}

// stop stops the timer. If the timer has just fired, fire may still be called.
func (t *closeTimer) stop() {
	if t != nil {
		t.timer.Stop()
	}
}

// expired is called when the timer has fired, and reports whether the timeout has
// expired. If not, it sets the timer again. If progressCounts is set, the timeout
// starts again whenever the peer accepts data; a peer that violated the protocol does
// not get more time.
func (t *closeTimer) expired(progressCounts bool) bool {
	now := time.Now()
	late := now.Sub(t.due)
	if late < 0 { // the timer that this one has replaced has fired
		return false
	}
	if late > pauseNoticed {
		t.since = postponed(t.since, late, now)
	}
	p := t.sender.progress()
	if t.progress.backlog && p.beyond(t.progress) && progressCounts {
		t.since, t.lastTry = lastTaken(t.sender, t.progress, p, t.since, now), false
	}
	t.progress = p
	wait := t.wait(now)
	if wait <= 0 && p.backlog && !p.known && !t.lastTry {
		t.lastTry = true
		t.sender.tryLastWrite()
		wait = t.wait(now)
	}
	if wait <= 0 {
		return true
	}
	t.due = now.Add(wait)
	t.timer.Reset(wait)
	return false
}

// wait returns the time from now until the timer is to fire. It is 0 or less if the
// timeout has expired.
func (t *closeTimer) wait(now time.Time) time.Duration {
	left := t.since.Add(t.timeout).Sub(now)
	if t.progress.backlog && !t.progress.known && !t.lastTry {
		left -= min(transport.LastTry, t.timeout/2)
	}
	return min(left, t.timeout/4)
}

// noSender is the sender of a closeTimer that waits for the application. What the peer
// accepts does not count, and no last write is tried: if that failed, the session would
// end before our Close frame is queued.
type noSender struct{}

func (noSender) progress() progress                { return progress{} }
func (noSender) sinceTaken() (time.Duration, bool) { return 0, false }
func (noSender) tryLastWrite() bool                { return false }
func (noSender) writeTimedOut()                    {}

// messageTimer implements MessageTimeout for a session. Its times are coarse; 0 means
// none.
type messageTimer struct {
	since        atomic.Uint32 // when the incomplete message began
	expiredSince atomic.Uint32 // value of since for a message that has taken too long
}

// begun records that part of a message has arrived.
func (t *messageTimer) begun(now uint32) {
	if t.since.Load() == 0 {
		t.since.Store(now)
	}
}

// finished records that the message is complete.
func (t *messageTimer) finished() { t.since.Store(0) }

// begin returns when the incomplete message began. paused is the time in ms for which
// the process did not run before now, which does not count.
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

// expire records that the message that began at since has taken too long.
func (t *messageTimer) expire(since uint32) { t.expiredSince.Store(since) }

// expired reports whether the incomplete message has taken too long.
func (t *messageTimer) expired() bool {
	late := t.expiredSince.Load()
	return late != 0 && late == t.since.Load()
}
