package ws

import (
	"io"
	"slices"
	"strings"
	"time"

	"github.com/handset-go/handset/internal/closing"
	"github.com/handset-go/handset/internal/sessionend"
)

// closeState returns the state of the closing handshake. It is allocated when first
// used.
func (s *Session) closeState() *closeState {
	if c := s.closing.Load(); c != nil {
		return c
	}
	s.closing.CompareAndSwap(nil, new(closeState))
	return s.closing.Load()
}

// transition applies an event to the state of the closing handshake and performs the
// actions that follow from it. It does not wait for the peer.
func (s *Session) transition(e closeEvent) {
	if s.transport == nil { // not from Handle or Dial
		return
	}
	c := s.closeState()
	c.mu.Lock()
	step := s.stepLocked(c, e)
	c.mu.Unlock()
	s.perform(step)
}

// stepLocked changes the state and sets the timer. It returns the step, whose actions
// are performed without the lock of c.
func (s *Session) stepLocked(c *closeState, e closeEvent) closeStep {
	settings := &s.registry.settings
	step, timeout := c.stepLocked(settings.side, e), settings.closeTimeout
	switch {
	case step.Do.Has(closing.StartTimer):
		s.startTimerLocked(c, s, timeout)
	case step.Do.Has(closing.StartAnswerTimer):
		s.startTimerLocked(c, noSender{}, timeout-timeout/10)
	case e.Event == closing.Drained:
		c.timer.flushed()
	}
	return step
}

// perform performs the actions of a step.
func (s *Session) perform(step closeStep) {
	if step.Why != closing.NotEnded {
		s.disconnect()
		return
	}
	if step.Do.Has(closing.SendClose) {
		s.putClose(step.reason, step.refusal)
	}
	if step.Do.Has(closing.FinishQueue) {
		s.out.Finish((*outboxCallbacks)(s), step.refusal)
	}
	if step.Do.Has(closing.DiscardQueue) {
		s.out.Abort((*outboxCallbacks)(s), step.refusal)
	}
	if step.Do.Has(closing.ReadOn) {
		s.more().readsOn.Store(true)
		s.stream().readOn(true)
	}
	if step.Do.Has(closing.ReadToEOF) {
		go s.stream().readToEOF()
	}
	if step.Do.Has(closing.DiscardInput) {
		go s.stream().closeWriteAndWait()
	}
}

// putClose queues our Close frame. Later sends return refusal.
func (s *Session) putClose(reason CloseReason, refusal error) {
	s.registry.closeFrames.countSent(reason.Code)
	if t := s.trace(); t.CloseSent != nil {
		t.CloseSent(s, reason)
	}
	s.out.PutFinal((*outboxCallbacks)(s), reason.payload(), refusal)
}

// Close starts the closing handshake (RFC 6455 §7.1.2). It adds a Close frame
// with the given reason to the send queue and returns without waiting for the
// peer. Later sends return ErrClosed, and so do sends that are waiting. The
// connection is closed, and Done with it, when the peer's Close frame has
// arrived, or Options.CloseTimeout after ours has been written or the peer has
// stopped accepting the data queued before it. A client leaves it to the server
// to close the connection first (§7.1.1), also at most for CloseTimeout.
//
// A Recv or a loop over All that is in progress continues to receive what the
// peer sends before its own Close frame. The closing handshake does not wait
// for the application: while the body of the loop runs, or until Recv is called
// again, up to 64 KiB are read ahead and kept, and the session may have ended
// when they are received. A peer that sends more waits for the reader, at most
// until CloseTimeout. If there is no reader when Close is called, because none
// has begun, its context has ended, it has left the loop, or its last Recv has
// returned, up to 64 KiB are kept for a later one, and if there is more, all of
// it is dropped, without an error. So a client that expects many answers calls
// Close while it receives, for example in the body of the loop.
//
// The zero reason sends no status code, or CloseMessageTooBig if the last
// receive returned ErrMessageTooBig. If the code or the description may not be
// sent, Close returns an error and the session stays open. Further calls do
// nothing and return nil. Close does not wait while a fragmented message is
// open.
func (s *Session) Close(reason CloseReason) error {
	if err := reason.check(); err != nil {
		return err
	}
	if reason.Code == 0 && s.flags.has(lastTooBig) {
		reason.Code = CloseMessageTooBig
	}
	s.transition(closeEvent{Event: closing.Close, reason: reason})
	return nil
}

// closeReceived handles the peer's Close frame. The application may answer it until
// the timeout.
func (s *Session) closeReceived(reason CloseReason) {
	s.registry.closeFrames.countReceived(reason.Code)
	if t := s.trace(); t.CloseReceived != nil {
		t.CloseReceived(s, reason)
	}
	s.transition(closeEvent{Event: closing.CloseArrived, reason: reason})
}

// answerClose sends back the code of the peer's Close frame, unless the application
// has answered it (RFC 6455 §5.5.1).
func (s *Session) answerClose() {
	c, _, _ := s.closeFrames()
	s.transition(closeEvent{Event: closing.Close, reason: CloseReason{Code: c.Received.Code}})
}

// closeFlushed is called when the queue has been written, including our Close frame
// if there is one.
func (s *Session) closeFlushed() { s.transition(closeEvent{Event: closing.Drained}) }

// readEnded is called when nothing more can be read: a read has returned found, and
// receives return err.
func (s *Session) readEnded(found, err error) {
	e := closing.ReadFailed
	if isEOF(found) {
		e = closing.ReadEOF
	}
	s.transition(closeEvent{Event: e, err: err})
}

// isEOF reports whether a read has found the end of the connection. Over TLS it may
// lack the close_notify alert, which gives io.ErrUnexpectedEOF.
func isEOF(err error) bool { return err == io.EOF || err == io.ErrUnexpectedEOF }

// fail sends a peer that violated the protocol a Close frame. What the peer sends
// after that is discarded: the stream's error is final, so there is no reader.
func (s *Session) fail(err *ProtocolError) {
	reason := CloseReason{Code: err.Code, Description: strings.TrimPrefix(err.Err.Error(), "ws: ")}
	s.transition(closeEvent{closing.Violation, reason, err})
}

// writeFailed is called when a write has failed because the connection is lost.
func (s *Session) writeFailed(err error) {
	s.transition(closeEvent{Event: closing.WriteFailed, err: err})
}

// end ends the session with err and closes the connection, in any state.
func (s *Session) end(err error) { s.transition(closeEvent{Event: closing.Abort, err: err}) }

// startTimerLocked replaces c's timer by one that calls closeTimedOut after the
// timeout.
func (s *Session) startTimerLocked(c *closeState, waitsFor sender, timeout time.Duration) {
	c.timer.stop()
	c.timer = newCloseTimer(waitsFor, timeout, s.closeTimedOut)
}

// closeTimedOut is called when the timer fires, possibly just after the session has
// ended. If the peer's Close frame has not been answered, it is answered now, and the
// timer is started again for the case that our Close frame cannot be written.
func (s *Session) closeTimedOut() {
	c := s.closeState()
	c.mu.Lock()
	if c.state == closing.Ended || !c.timer.expired(!c.state.Fails()) {
		c.mu.Unlock()
		return
	}
	step := s.stepLocked(c, closeEvent{Event: closing.TimedOut})
	c.mu.Unlock()
	s.perform(step)
}

// disconnect releases everything that a session holds after its state has become
// Ended. The order matters: first sends fail, then the connection is closed, then the
// session is removed from the registry, and only then is Done closed.
func (s *Session) disconnect() {
	c := s.closeState()
	c.mu.Lock()
	err := c.err
	c.mu.Unlock()
	s.out.Abort((*outboxCallbacks)(s), closedBy(err))
	s.compression.endSending() // after Abort nothing is queued
	s.stream().clearContext()
	if closed(err) {
		_ = s.transport.Close()
	} else {
		_ = s.transport.Abort()
	}
	s.filledChannel().wake()
	s.registry.remove(s, err)
	if t := s.trace(); t.SessionEnd != nil {
		t.SessionEnd(s, err)
	}
	c.mu.Lock()
	if c.done == nil {
		c.done = closedChan
	} else {
		close(c.done)
	}
	observers := c.observers
	c.observers = nil
	c.mu.Unlock()
	s.endContext(err)
	for _, o := range observers {
		go o.SessionEnded(s)
	}
	s.registry.done()
}

func init() {
	sessionend.Observe = func(session any, o sessionend.Observer) { session.(*Session).observe(o) }
}

// observe implements sessionend.Observe.
func (s *Session) observe(o sessionend.Observer) {
	if s.transport == nil { // not from Handle or Dial
		go o.SessionEnded(s)
		return
	}
	c := s.closeState()
	c.mu.Lock()
	ended := c.hasEndedLocked()
	if !ended && !slices.Contains(c.observers, o) {
		c.observers = append(c.observers, o)
	}
	c.mu.Unlock()
	if ended {
		go o.SessionEnded(s)
	}
}

// Done returns a channel that is closed when the session has ended and its
// connection is closed. It does not block.
func (s *Session) Done() <-chan struct{} {
	if s.transport == nil { // not from Handle or Dial
		return closedChan
	}
	c := s.closeState()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.done == nil {
		c.done = make(chan struct{})
	}
	return c.done
}

// Err returns nil until Done is closed, and then the reason for which the
// session ended: a *CloseError, which is an ErrClosed by errors.Is, after a
// closing handshake; ErrWriteTimeout, ErrCloseTimeout, ErrHeartbeatTimeout,
// ErrShutdown or ErrAbandoned; a *ProtocolError; or, if the connection was
// lost, an io.ErrUnexpectedEOF by errors.Is. It does not block. A receive may
// return its error a moment earlier.
func (s *Session) Err() error {
	if s.transport == nil { // not from Handle or Dial
		return ErrClosed
	}
	c := s.closing.Load()
	if c == nil {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.done == nil {
		return nil
	}
	select {
	case <-c.done:
		return c.err
	default:
		return nil
	}
}

// firstReason returns why a session that has ended began to end, also if the connection
// was lost before the closing handshake was complete: the peer's Close frame, whose code is
// that of the connection (RFC 6455 §7.1.5), also if it was found only after the end, or its
// violation of the protocol. Otherwise it returns what Err does. closedFirst reports
// whether the program has called Close before.
func (s *Session) firstReason() (reason error, closedFirst bool) {
	c := s.closeState()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.received && c.frames.ByPeer {
		return c.frames, false
	}
	if failed, ok := c.cause.(*ProtocolError); ok {
		return failed, false
	}
	return c.err, c.sent
}

// ended returns the error that the session ends with, or nil if it has not ended. It
// may return the error before Done is closed.
func (s *Session) ended() error {
	c := s.closing.Load()
	if c == nil {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}

// closingState returns the state of the closing handshake.
func (s *Session) closingState() closing.State {
	c := s.closing.Load()
	if c == nil {
		return closing.Open
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.state
}

// isClosing reports whether the closing handshake has begun or the session has ended.
func (s *Session) isClosing() bool { return s.closingState() != closing.Open }

// hasFailed reports whether the peer has violated the protocol and the session is open.
func (s *Session) hasFailed() bool { return s.closingState().Fails() }

// readsOn reports whether what the peer sends has to be read, also if the application
// receives nothing.
func (s *Session) readsOn() bool { return s.closingState().ReadsOn() }

// isWriteBroken reports whether a write has failed and the session has not ended.
func (s *Session) isWriteBroken() bool { return s.closingState() == closing.WriteBroken }

// isAnswerDue reports whether the peer's Close frame has arrived and has not been
// answered.
func (s *Session) isAnswerDue() bool { return s.closingState() == closing.CloseReceived }

// lostBecause returns the reason for which the session has ended or its connection is
// lost, or nil.
func (s *Session) lostBecause() error {
	c := s.closing.Load()
	if c == nil {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err == nil && c.state.Lost() {
		return c.cause
	}
	return c.err
}

// closeFrames returns the contents of the Close frames, and which of them there were.
func (s *Session) closeFrames() (frames CloseError, sent, received bool) {
	c := s.closing.Load()
	if c == nil {
		return frames, false, false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return *c.frames.copy(), c.sent, c.received
}

// whenClosing returns a channel that is closed when our Close frame is queued, or when
// the session has ended without one.
func (s *Session) whenClosing() <-chan struct{} {
	c := s.closeState()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.sends == nil {
		c.sends = make(chan struct{})
		if c.sent || c.state == closing.Ended {
			close(c.sends)
		}
	}
	return c.sends
}
