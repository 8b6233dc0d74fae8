package ws

import (
	"sync"

	"github.com/handset-go/handset/internal/closing"
	"github.com/handset-go/handset/internal/frame"
	"github.com/handset-go/handset/internal/sessionend"
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
	sends chan struct{} // closed when our Close frame is queued or the session has ended; nil until first used
	timer *closeTimer   // nil unless the session is closing

	observers []sessionend.Observer // called at the end
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
func (c *closeState) stepLocked(side frame.Side, e closeEvent) closeStep {
	step := closeStep{Transition: closing.Next(side, c.state, e.Event)}
	if e.Event == closing.CloseArrived { // also after the end, for firstReason
		c.received, c.frames = true, c.frames.withReceived(e.reason)
	}
	if step.RFC == "" { // the event has no effect in this state
		return step
	}
	c.state = step.To
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
		if c.sends != nil && !c.sent {
			close(c.sends)
		}
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

// hasEndedLocked reports whether Done is closed.
func (c *closeState) hasEndedLocked() bool {
	select {
	case <-c.done: // nil before the first call of Done
		return true
	default:
		return false
	}
}
