package ws

import (
	"strings"
	"sync"
)

// life is how far a session is on its way to its end. The way is
//
//	open → Close sent, Close received, in either order → ended
//	open → failed: Close sent, then what the peer still sends is dropped → ended
//	anywhere → ended, when the connection is lost or a timeout strikes
//
// and ended means that the connection is closed and nothing is left running. An
// open session that nobody has asked about its end has none.
type life struct {
	mu       sync.Mutex
	sent     bool          // our Close frame is queued or has left
	flushed  bool          // our Close frame has left
	received bool          // the peer's Close frame was received
	answer   CloseCode     // what the peer's Close frame said
	failure  error         // how the peer broke the protocol
	over     bool          // the session is ending for good
	err      error         // why it ended
	done     chan struct{} // closed at the end; nil until someone asks
	closing  chan struct{} // closed when ours is sent; nil until someone asks
	leaves   *departure    // at the latest; nil before the first Close frame
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
// does not wait for the peer. When the peer's Close frame has arrived, or after
// Upgrader.CloseTimeout, the connection is closed and Done with it.
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
	if reason.Code == 0 && s.heard.has(tooBig) {
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
	if l.sent || l.over || s.conn == nil {
		l.mu.Unlock()
		return false
	}
	l.sent = true
	if l.closing != nil {
		close(l.closing)
	}
	await := !l.received
	if await {
		l.leaves = s.fleet.expect(s, s.fleet.upgrader.closeTimeout())
	}
	l.mu.Unlock()
	s.fleet.countCloseSent(reason.Code)
	if t := s.trace(); t.CloseSent != nil {
		t.CloseSent(s, reason)
	}
	s.out.PutFinal((*host)(s), reason.payload(), refusal)
	return await
}

// closeReceived notes the peer's Close frame. The application has until the
// timeout to answer it.
func (s *Session) closeReceived(code CloseCode) {
	l := s.life()
	l.mu.Lock()
	if l.over {
		l.mu.Unlock()
		return
	}
	l.received, l.answer = true, code
	complete := l.flushed
	if !l.sent {
		timeout := s.fleet.upgrader.closeTimeout()
		l.leaves = s.fleet.expect(s, timeout-timeout/10)
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
	code := l.answer
	l.mu.Unlock()
	s.sendClose(CloseReason{Code: code}, ErrClosed)
}

// closeFlushed notes that our Close frame has left.
func (s *Session) closeFlushed() {
	l := s.life()
	l.mu.Lock()
	first := !l.flushed
	l.flushed = true
	complete, failed := l.received, l.failure != nil
	l.mu.Unlock()
	switch {
	case failed && first:
		go s.linger()
	case complete:
		s.end(ErrClosed)
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

// closeTimedOut strikes when the closing handshake takes too long. A Close
// frame that nobody answered is answered now, with a little time to leave.
func (s *Session) closeTimedOut() {
	l := s.life()
	l.mu.Lock()
	unanswered := l.received && !l.sent && !l.over
	if unanswered {
		l.leaves = s.fleet.expect(s, s.fleet.upgrader.closeTimeout()/10)
	}
	failure := l.failure
	l.mu.Unlock()
	switch {
	case unanswered:
		s.answerClose()
	case failure != nil:
		s.end(failure)
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
	l.over, l.err = true, err
	leaves := l.leaves
	l.mu.Unlock()
	s.out.Abort((*host)(s), closedBy(err))
	s.compression.endSending()
	s.stream().forgetContext()
	if err == ErrClosed {
		_ = s.conn.Close()
	} else {
		_ = s.conn.Abort()
	}
	s.fleet.leave(s, leaves, err)
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
	s.fleet.left()
}

// Done returns a channel that is closed when the session has ended and its
// connection is closed. It does not block.
func (s *Session) Done() <-chan struct{} {
	l := s.life()
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.done == nil {
		l.done = make(chan struct{})
	}
	return l.done
}

// Err returns nil until Done is closed, and then why the session ended:
// ErrClosed after a closing handshake, ErrWriteTimeout, ErrCloseTimeout,
// ErrHeartbeatTimeout, ErrShutdown, a *ProtocolError, or an io.ErrUnexpectedEOF,
// by errors.Is, if the connection was lost. It does not block; a receive may
// return its error a moment earlier.
func (s *Session) Err() error {
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
	return l.sent && !l.received && !l.over && l.failure == nil
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
