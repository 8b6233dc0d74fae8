package ws

import "github.com/handset-go/handset/internal/transport"

// readRest has what the peer sent before a write failed be read: by whoever is
// receiving, or in the background if nobody is.
func (s *Session) readRest() {
	switch r := s.stream().turn.finishes(); {
	case r == nil:
	case r.from == loopBody: // which reads next
		s.stream().turn.giveBack(r)
	default:
		go s.stream().readRest(r)
	}
}

// restSize is how much is read for a reader that may never come.
const restSize = 256 << 10

// readRest reads what a peer has left behind, until a reader comes. What the
// application received last stays as it is.
func (m *MessageStream) readRest(r *reader) {
	defer m.turn.giveBack(r)
	defer m.forgetContext()
	m.detach()
	m.heed(r.ctx)
	for rest := restSize; rest > 0; {
		n, err := m.session().transport.Read((*readBuffer)(m))
		switch {
		case r.ctx.Err() != nil && transport.IsTimeout(err):
			return
		case err != nil:
			m.session().readLost(isEOF(err), lostBy(err))
			return
		}
		m.rx.Arrived(n)
		rest -= n
	}
}
