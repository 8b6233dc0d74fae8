package ws

import "github.com/handset-go/handset/internal/inbox"

// cutOff notes that a write has failed since the connection is lost. What the
// peer had sent before may still be there to be read: whoever is receiving finds
// it and then the end, for which there is Upgrader.CloseTimeout. If nobody is, it is
// read into the inbox in the background.
func (s *Session) cutOff(err error) {
	s.out.Abort((*host)(s), closedBy(err))
	l := s.life()
	l.mu.Lock()
	if l.over || l.lost != nil || l.failure != nil || l.received {
		l.mu.Unlock()
		s.end(err) // nothing comes that anybody wants
		return
	}
	l.lost = err
	s.leaveLocked(l, s.fleet.upgrader.closeTimeout())
	l.mu.Unlock()
	if s.stream().turn.drains() {
		go s.stream().readRest(err)
	}
}

// restSize is how much is read for a reader that may never come.
const restSize = 256 << 10

// readRest reads what a peer has left behind. It has the turn. The receiver takes
// it in as it would for a reader; only what the application received last, which
// is lent to it, stays as it is.
func (m *MessageStream) readRest(cause error) {
	defer m.turn.give()
	if m.rx != nil {
		m.leaveInbox()
		m.rx.leavePlain()
	}
	for rest := restSize; rest > 0; {
		n, err := m.session().conn.Read((*place)(m))
		if err != nil {
			m.session().end(cause)
			return
		}
		m.rx.arrived(n)
		rest -= n
	}
}

// leaveInbox goes on in another inbox.
func (m *MessageStream) leaveInbox() {
	held := m.rx.Bytes()
	m.rx.Inbox = inbox.Inbox{}
	m.rx.Add(held)
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
