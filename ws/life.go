package ws

import (
	"strings"
	"sync"
	"time"
)

// life is how far a session is on its way to its end. The way is
//
//	open → Close sent, Close received, in either order → ended
//	open → failed: Close sent, then what the peer still sends is dropped → ended
//	open or Close sent → lost: nothing comes any more, what is queued leaves → ended
//	anywhere → ended, when the connection breaks or a timeout is over
//
// and ended means that the connection is closed and nothing is left running. An
// open session that nobody has asked about its end has none.
type life struct {
	mu       sync.Mutex
	sent     bool          // our Close frame is queued or has left
	flushed  bool          // our Close frame has left
	received bool          // the peer's Close frame was received
	closes   *CloseError   // what the Close frames said; nil before the first
	failure  error         // how the peer broke the protocol
	lost     error         // why nothing comes any more, though what is queued may leave
	cut      bool          // a write has failed: nothing leaves any more either
	over     bool          // the session is ending for good
	err      error         // why it ended
	done     chan struct{} // closed at the end; nil until someone asks
	closing  chan struct{} // closed when ours is sent; nil until someone asks
	timer    *closeTimer   // nil while nothing ends
}

// life returns the session's.
func (s *Session) life() *life {
	if l := s.ending.Load(); l != nil {
		return l
	}
	s.ending.CompareAndSwap(nil, new(life))
	return s.ending.Load()
}

// closedChan is for those who ask about what has happened already.
var closedChan = func() chan struct{} {
	c := make(chan struct{})
	close(c)
	return c
}()

// Close ends the session: a Close frame with the given reason follows what is
// queued, every later send returns ErrClosed, and so do sends that wait. It
// does not wait for the peer. The connection is closed, and Done with it, when the
// peer's Close frame has arrived, or Upgrader.CloseTimeout after ours has left or
// the peer has stopped taking what is queued before it.
//
// Whoever is receiving at that moment, in Recv or a loop over All, goes on to
// receive what the peer sends before its own Close. The closing handshake does not
// wait for that: while the body of the loop runs, or when Recv has returned and
// has not been called again, up to 64 KiB are read ahead and kept, and the session
// may have ended when they are received. A peer that sends more than that waits
// for the reader, at most until CloseTimeout. For a reader that has left, because
// its context has ended or it broke off the loop, 64 KiB are kept too, but of more
// nothing is. If nobody is receiving when Close is called, Close reads on in the
// background and drops data messages.
//
// The zero reason sends no status code, or CloseMessageTooBig if the last
// thing received was ErrMessageTooBig. A code or description that may not be
// sent is always an error, and the session stays open. Closing again does
// nothing and returns nil. Close passes a fragmented message that is open.
func (s *Session) Close(reason CloseReason) error {
	if err := reason.check(); err != nil {
		return err
	}
	if reason.Code == 0 && s.flags.has(lastTooBig) {
		reason.Code = CloseMessageTooBig
	}
	if s.sendClose(reason, ErrClosed) {
		s.more().closing.Store(true)
		s.stream().finishFor(noReader)
	}
	return nil
}

// sendClose sends our Close frame, once, and reports whether the peer's is
// still to come. Later sends get the given error.
func (s *Session) sendClose(reason CloseReason, refusal error) bool {
	l := s.life()
	l.mu.Lock()
	if l.sent || l.over || l.lost != nil || s.transport == nil {
		l.mu.Unlock()
		return false
	}
	l.sent = true
	l.closes = l.closes.withSent(reason)
	if refusal == ErrClosed {
		refusal = l.closes
	}
	if l.closing != nil {
		close(l.closing)
	}
	await := !l.received
	s.startCloseTimerLocked(l, s.registry.settings.closeTimeout)
	l.mu.Unlock()
	s.registry.closeFrames.countSent(reason.Code)
	if t := s.trace(); t.CloseSent != nil {
		t.CloseSent(s, reason)
	}
	s.out.PutFinal((*outboxHost)(s), reason.payload(), refusal)
	return await
}

// closeReceived notes the peer's Close frame. The application has until the
// timeout to answer it.
func (s *Session) closeReceived(reason CloseReason) {
	l := s.life()
	l.mu.Lock()
	if l.over {
		l.mu.Unlock()
		return
	}
	l.received = true
	l.closes = l.closes.withReceived(reason)
	complete := l.flushed
	if !l.sent {
		timeout := s.registry.settings.closeTimeout
		s.startCloseTimerLocked(l, timeout-timeout/10)
	}
	l.mu.Unlock()
	if complete {
		s.end(ErrClosed)
	}
}

// answerClose echoes the code of the peer's Close frame, unless the application
// has answered it (RFC 6455 §5.5.1).
func (s *Session) answerClose() {
	l := s.life()
	l.mu.Lock()
	code := l.closes.copy().Received.Code // of none if the session was over when it came
	l.mu.Unlock()
	s.sendClose(CloseReason{Code: code}, ErrClosed)
}

// closeFlushed notes that all has left, our Close frame too if there was one.
func (s *Session) closeFlushed() {
	l := s.life()
	l.mu.Lock()
	first := !l.flushed
	l.flushed = true
	complete, failed, lost := l.received, l.failure != nil, l.lost
	if first {
		l.timer.flushed()
	}
	l.mu.Unlock()
	switch {
	case failed && first:
		go s.linger()
	case lost != nil:
		s.end(lost)
	case complete:
		s.end(ErrClosed)
	}
}

// readLost notes that the connection cannot be read any more: because of its end,
// or for a reason for which it cannot be written either.
func (s *Session) readLost(atEOF bool, err error) {
	if atEOF {
		s.halfClosed(err)
	} else {
		s.end(err)
	}
}

// halfClosed notes that nothing comes from the peer any more. It may go on to
// receive: what is queued leaves, and then the session ends with err.
func (s *Session) halfClosed(err error) {
	l := s.life()
	l.mu.Lock()
	if l.cut {
		l.mu.Unlock()
		s.end(err)
		return
	}
	if l.over || l.lost != nil {
		l.mu.Unlock()
		return
	}
	l.lost = err
	flushed := l.flushed
	if !l.sent {
		s.startCloseTimerLocked(l, s.registry.settings.closeTimeout)
	}
	l.mu.Unlock()
	if flushed {
		s.end(err)
	} else {
		s.out.Finish((*outboxHost)(s), closedBy(err))
	}
}

// fail answers a peer that broke the protocol with a Close frame. No reader
// reads again, since the stream's error stays: what comes is left to linger.
func (s *Session) fail(err *ProtocolError) {
	l := s.life()
	l.mu.Lock()
	l.failure = err
	sent, flushed := l.sent, l.flushed
	l.mu.Unlock()
	switch {
	case !sent:
		s.sendClose(CloseReason{Code: err.Code, Description: strings.TrimPrefix(err.Err.Error(), "ws: ")}, closedBy(err))
	case flushed:
		s.end(err)
	}
}

// startCloseTimerLocked has the session end after the timeout, which begins anew.
func (s *Session) startCloseTimerLocked(l *life, timeout time.Duration) {
	l.timer.stop()
	l.timer = newCloseTimer(s, timeout, s.closeTimedOut)
}

// closeTimedOut is called when a session that is ending may have had its time. A
// Close frame that nobody answered is answered now, with as much time again if it
// cannot leave.
func (s *Session) closeTimedOut() {
	l := s.life()
	l.mu.Lock()
	if l.over || !l.timer.expired(l.failure == nil) {
		l.mu.Unlock()
		return
	}
	unanswered := l.received && !l.sent && l.lost == nil
	failure, lost := l.failure, l.lost
	l.mu.Unlock()
	switch {
	case unanswered:
		s.answerClose()
	case failure != nil:
		s.end(failure)
	case lost != nil:
		s.end(lost)
	default:
		s.end(ErrCloseTimeout)
	}
}

// end closes the connection, once, and lets nothing outlive it.
func (s *Session) end(err error) {
	l := s.life()
	l.mu.Lock()
	if l.over {
		l.mu.Unlock()
		return
	}
	switch {
	case l.lost != nil:
		err = l.lost // which came first
	case err == ErrClosed && l.closes != nil:
		err = l.closes
	}
	l.over, l.err = true, err
	l.timer.stop()
	l.timer = nil
	l.mu.Unlock()
	s.out.Abort((*outboxHost)(s), closedBy(err))
	s.compression.endSending()
	s.stream().forgetContext()
	if closed(err) {
		_ = s.transport.Close()
	} else {
		_ = s.transport.Abort()
	}
	s.registry.remove(s, err)
	if t := s.trace(); t.SessionEnd != nil {
		t.SessionEnd(s, err)
	}
	l.mu.Lock()
	if l.done == nil {
		l.done = closedChan
	} else {
		close(l.done)
	}
	l.mu.Unlock()
	s.endContext(err)
	s.registry.notifyEmpty()
}

// Done returns a channel that is closed when the session has ended and its
// connection is closed. It does not block.
func (s *Session) Done() <-chan struct{} {
	if s.transport == nil { // not from Handle
		return closedChan
	}
	l := s.life()
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.done == nil {
		l.done = make(chan struct{})
	}
	return l.done
}

// Err returns nil until Done is closed, and then why the session ended: a
// *CloseError after a closing handshake, which is an ErrClosed by errors.Is;
// ErrWriteTimeout, ErrCloseTimeout, ErrHeartbeatTimeout, ErrShutdown or
// ErrAbandoned; a *ProtocolError; or an io.ErrUnexpectedEOF, by errors.Is, if the
// connection was lost. It does not block; a receive may return its error a moment
// earlier.
func (s *Session) Err() error {
	if s.transport == nil { // not from Handle
		return ErrClosed
	}
	l := s.ending.Load()
	if l == nil {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.done == nil {
		return nil
	}
	select {
	case <-l.done:
		return l.err
	default:
		return nil
	}
}

// ended returns why the session is ending for good, nil if it is not.
func (s *Session) ended() error {
	l := s.ending.Load()
	if l == nil {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.err
}

// awaitsClose reports whether the peer's Close frame is what is missing.
func (s *Session) awaitsClose() bool {
	l := s.ending.Load()
	if l == nil {
		return false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.sent && !l.received && !l.over && l.failure == nil && l.lost == nil
}

// whenClosing returns a channel that is closed when our Close frame is sent.
func (s *Session) whenClosing() <-chan struct{} {
	l := s.life()
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closing == nil {
		l.closing = make(chan struct{})
		if l.sent {
			close(l.closing)
		}
	}
	return l.closing
}
