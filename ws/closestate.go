package ws

import (
	"sync"
	"time"

	"github.com/handset-go/handset/internal/closing"
	"github.com/handset-go/handset/internal/transport"
)

// closeState is a connection's way to its end: the state that internal/closing
// keeps account of, and what the application is to be told. Its lock is held for
// each step and while nothing else is done. A connection that is open and about
// whose end nobody has asked has none.
type closeState struct {
	mu     sync.Mutex
	state  closing.State
	frames *CloseError // what the Close frames said; nil before the first

	sent, received bool // which of them there were

	cause error         // what led to FailQueued, ReadClosed or WriteBroken
	err   error         // why the connection ended; nil before that
	done  chan struct{} // closed at the end; nil until someone asks
	sends chan struct{} // closed when our Close frame is queued; nil until someone asks
	timer *closeTimer   // nil while nothing ends
}

// closeEvent is an event with what comes with it.
type closeEvent struct {
	closing.Event
	reason CloseReason // of a Close frame: ours, or the peer's
	err    error       // of everything else
}

// closeStep is what an event has led to.
type closeStep struct {
	closing.Transition
	reason  CloseReason // of our Close frame, if it is to be sent
	refusal error       // of later sends, if there are to be none
}

// stepLocked changes the state, and returns what is to be done.
func (c *closeState) stepLocked(e closeEvent) closeStep {
	step := closeStep{Transition: closing.Next(c.state, e.Event)}
	if step.RFC == "" { // it means nothing
		return step
	}
	c.state = step.To
	if e.Event == closing.CloseArrived {
		c.received, c.frames = true, c.frames.withReceived(e.reason)
	}
	if c.cause == nil && (step.To.Lost() || step.To.Fails()) {
		c.cause = e.err
	}
	if step.Do.Has(closing.SendClose) {
		step.reason, step.refusal = c.closeLocked(e)
	} else if e.err != nil {
		step.refusal = closedBy(e.err)
	}
	c.endLocked(e, step.Why)
	return step
}

// closeLocked notes that our Close frame is to be sent, and returns what it says
// and what later sends are told.
func (c *closeState) closeLocked(e closeEvent) (reason CloseReason, refusal error) {
	reason = e.reason
	if e.Event == closing.TimedOut { // the application has not answered
		reason = CloseReason{Code: c.frames.Received.Code}
	}
	c.sent, c.frames = true, c.frames.withSent(reason)
	if c.sends != nil {
		close(c.sends)
	}
	if e.err != nil {
		return reason, closedBy(e.err)
	}
	return reason, c.frames
}

// endLocked notes why the connection has ended, if it has.
func (c *closeState) endLocked(e closeEvent, why closing.Reason) {
	if why != closing.NotEnded {
		c.timer.stop()
		c.timer = nil
	}
	switch why {
	case closing.ByHandshake:
		c.err = c.frames
	case closing.ByEvent:
		c.err = e.err
	case closing.ByCause:
		c.err = c.cause
	case closing.ByTimeout:
		c.err = ErrCloseTimeout
	}
}

// closedChan is for those who ask about what has happened already.
var closedChan = func() chan struct{} {
	c := make(chan struct{})
	close(c)
	return c
}()

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

// wait is how long from now the timer is to fire, 0 or less if the time is over.
func (t *closeTimer) wait(now time.Time) time.Duration {
	left := t.since.Add(t.timeout).Sub(now)
	if t.progress.backlog && !t.progress.known && !t.lastTry {
		left -= min(transport.LastTry, t.timeout/2)
	}
	return min(left, t.timeout/4)
}
