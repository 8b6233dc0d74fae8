package ws

import (
	"time"

	"github.com/handset-go/handset/internal/transport"
)

// pauseNoticed is how late a closeTimer must be for the process not to have run:
// it was stopped, or its machine was too busy for it. The peer is not to blame for
// that, and has as much more time.
const pauseNoticed = 100 * time.Millisecond

// closeTimer is the CloseTimeout of a session that ends. The time counts from the
// closeTimer's making, from when all has left, or from when the peer last took
// something of what is queued, whichever is last. The timer fires four times in
// that time, to see whether the peer takes something and the process runs.
//
// The lock of the session's closeState guards it.
type closeTimer struct {
	sender   sender
	timeout  time.Duration
	since    time.Time // from when the timeout counts
	progress progress  // when the timer last fired
	lastTry  bool      // tryLastWrite was called

	timer *time.Timer
	due   time.Time // when it is to fire
}

// newCloseTimer returns a closeTimer that calls fire, which is to call expired.
func newCloseTimer(s sender, timeout time.Duration, fire func()) *closeTimer {
	now := time.Now()
	t := &closeTimer{sender: s, timeout: timeout, since: now, progress: s.progress()}
	wait := t.wait(now)
	t.due = now.Add(wait)
	t.timer = time.AfterFunc(wait, fire)
	return t
}

// flushed notes that all has left.
func (t *closeTimer) flushed() {
	if t != nil {
		t.since = time.Now()
	}
}

// stop stops the timer. One that has just fired may still call fire.
func (t *closeTimer) stop() {
	if t != nil {
		t.timer.Stop()
	}
}

// expired reports, when the timer has fired, whether the time is over; if not, the
// timer is set again. The peer's progress prolongs the time if it counts, which it
// does not for one that broke the protocol.
func (t *closeTimer) expired(progressCounts bool) bool {
	now := time.Now()
	late := now.Sub(t.due)
	if late < 0 { // it was the timer before this one
		return false
	}
	if late > pauseNoticed {
		t.since = t.since.Add(late)
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

// wait is how long from now the timer is to fire, 0 or less if the time is over.
func (t *closeTimer) wait(now time.Time) time.Duration {
	left := t.since.Add(t.timeout).Sub(now)
	if t.progress.backlog && !t.progress.known && !t.lastTry {
		left -= min(transport.LastTry, t.timeout/2)
	}
	return min(left, t.timeout/4)
}
