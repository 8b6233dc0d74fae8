package ws

import (
	"sync"
	"time"

	"github.com/handset-go/handset/internal/closing"
	"github.com/handset-go/handset/internal/transport"
)

// closeState is the state of a connection that closes: the state of internal/closing,
// and what the application learns of it. Its lock is held for single steps only,
// never while an action is performed. It is allocated when the connection begins to
// close or the application first asks for its end.
type closeState struct {
	mu     sync.Mutex
	state  closing.State
	frames *CloseError // the contents of the Close frames; nil before the first

	sent, received bool // which of the Close frames there were

	cause error         // of the states FailQueued, ReadClosed and WriteBroken
	err   error         // of a session that has ended
	done  chan struct{} // closed at the end; nil until first used
	sends chan struct{} // closed when our Close frame is queued; nil until first used
	timer *closeTimer   // nil unless the session is closing
}

// closeEvent is an event and its parameters.
type closeEvent struct {
	closing.Event
	reason CloseReason // of a Close frame: ours, or the peer's
	err    error       // of other events
}

// closeStep is the result of an event.
type closeStep struct {
	closing.Transition
	reason  CloseReason // of our Close frame, if it is to be sent
	refusal error       // of later sends; nil if they are still accepted
}

// stepLocked applies an event. It returns the transition, whose actions the caller
// performs.
func (c *closeState) stepLocked(e closeEvent) closeStep {
	step := closeStep{Transition: closing.Next(c.state, e.Event)}
	if step.RFC == "" { // the event has no effect in this state
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

// closeLocked records that our Close frame is sent. It returns the content of the
// frame and the error of later sends.
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

// endLocked records the error of a session that has ended.
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

// closedChan is the channel of Done and whenClosing if what they report has already
// happened.
var closedChan = func() chan struct{} {
	c := make(chan struct{})
	close(c)
	return c
}()

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
