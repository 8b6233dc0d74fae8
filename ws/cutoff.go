package ws

import "github.com/handset-go/handset/internal/transport"

// cutOff notes that a write has failed since the connection is lost. What the
// peer had sent before may still be there to be read: whoever is receiving finds
// it and then the end, for which there is Upgrader.CloseTimeout. If nobody is, it is
// read into the inbox in the background.
func (s *Session) cutOff(err error) {
	s.out.Abort((*outboxHost)(s), closedBy(err))
	l := s.life()
	l.mu.Lock()
	if l.over || l.lost != nil || l.failure != nil || l.received {
		l.mu.Unlock()
		s.end(err) // nothing comes that anybody wants
		return
	}
	l.lost, l.cut = err, true
	s.startCloseTimerLocked(l, s.registry.settings.closeTimeout)
	l.mu.Unlock()
	switch r := s.stream().turn.finishes(); {
	case r == nil:
	case r.from == loopBody: // which reads next
		s.stream().turn.giveBack(r)
	default:
		go s.stream().readRest(r, err)
	}
}

// restSize is how much is read for a reader that may never come.
const restSize = 256 << 10

// readRest reads what a peer has left behind, until a reader comes. The receiver
// takes it in as it would for a reader; only what the application received last,
// which is lent to it, stays as it is.
func (m *MessageStream) readRest(r *reader, cause error) {
	defer m.turn.giveBack(r)
	defer m.forgetContext()
	m.leaveInbox()
	if m.rx != nil {
		m.rx.leavePlain()
	}
	m.heed(r.ctx)
	for rest := restSize; rest > 0; {
		n, err := m.session().transport.Read((*place)(m))
		switch {
		case r.ctx.Err() != nil && transport.IsTimeout(err):
			return
		case err != nil:
			m.session().end(cause)
			return
		}
		m.rx.arrived(n)
		rest -= n
	}
}

// lostBecause returns why the session is ending for good, or is cut off, nil if it
// is neither.
func (s *Session) lostBecause() error {
	l := s.ending.Load()
	if l == nil {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err == nil {
		return l.lost
	}
	return l.err
}
