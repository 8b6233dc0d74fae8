package ws

import (
	"github.com/handset-go/handset/internal/transport"
)

// keepLimit is how much of what the peer sends before its Close is kept for a
// reader that is busy.
const keepLimit = 64 << 10

// readerState is how the reader stands to the stream, for which finish reads.
type readerState uint8

const (
	noReader   readerState = iota // everything is dropped
	readerLeft                    // who may come back: it is dropped if there is more than is kept
	readerBusy                    // who comes back: the peer waits if there is more than is kept
)

// finish reads what the peer sends before its Close frame, while nobody else
// does.
func (m *MessageStream) finish(r *reader, state readerState) {
	defer m.turn.giveBack(r)
	if state != noReader {
		full := m.keep(r)
		m.forgetContext()
		if !full || state == readerBusy {
			return
		}
	}
	if r.dropsNow() {
		m.drain()
	}
}

// keep reads ahead until the peer's Close has arrived, the session has ended, or
// the reader has come back; or there is more than is kept, or what breaks the
// protocol, which it reports.
func (m *MessageStream) keep(r *reader) (full bool) {
	m.detach()
	m.heed(r.ctx)
	at := uint64(0)
	for r.ctx.Err() == nil && m.session().ended() == nil {
		reason, found, err := m.peekClose(&at)
		switch {
		case err != nil:
			return true
		case found:
			m.rx.foreseen = true
			m.session().peerCloses(reason)
			return false
		case m.rx != nil && m.rx.Held() >= keepLimit:
			return true
		}
		n, err := m.transport.Read((*readBuffer)(m))
		switch {
		case err == nil:
			m.rx.Arrived(n)
		case r.ctx.Err() != nil: // and forgetContext takes the deadline away
		case transport.IsTimeout(err):
			m.takeDeadlineAway(err)
		default:
			m.session().readLost(isEOF(err), lostBy(err))
			return false
		}
	}
	return false
}

// peekClose looks for the peer's Close frame in what has been read ahead. *at is
// message.Reader.PeekClose's.
func (m *MessageStream) peekClose(at *uint64) (reason CloseReason, found bool, err error) {
	if m.rx == nil {
		return
	}
	e, found, err := m.rx.PeekClose(at)
	return closeReason(&e), found, err
}
