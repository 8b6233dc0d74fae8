package ws

import (
	"github.com/handset-go/handset/internal/frame"
	"github.com/handset-go/handset/internal/inbox"
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
	m.leaveInbox()
	m.heed(r.ctx)
	at := m.nextFrame()
	for r.ctx.Err() == nil && m.session().ended() == nil {
		reason, found, err := m.closeAhead(&at)
		switch {
		case err != nil:
			return true
		case found:
			m.rx.foreseen = true
			m.session().peerCloses(reason)
			return false
		case m.rx != nil && len(m.rx.Bytes()) >= keepLimit:
			return true
		}
		n, err := m.transport.Read((*aheadPlace)(m))
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

// aheadPlace is a MessageStream as its transport sees it while what arrives is kept:
// only its inbox is touched, since the rest may belong to the application.
type aheadPlace MessageStream

func (s *aheadPlace) Space(size int) []byte {
	return (*MessageStream)(s).receiver().Inbox.Space(min(size, chunkSize))
}

func (s *aheadPlace) Release() {
	if s.rx != nil {
		s.rx.Inbox.Release()
	}
}

// nextFrame is where, from the front of the inbox, the next frame begins or is
// going to.
func (m *MessageStream) nextFrame() uint64 {
	if m.rx != nil && m.rx.inFrame {
		return m.rx.left
	}
	return 0
}

// closeAhead looks for a Close frame in what has arrived, without receiving any
// of it, from the frame at the given place on, which it moves past those that are
// none. err is how the peer broke the protocol.
func (m *MessageStream) closeAhead(at *uint64) (reason CloseReason, found bool, err error) {
	r := m.rx
	if r == nil {
		return
	}
	for b := r.Bytes(); *at <= uint64(len(b)); {
		h, n, err := frame.Parse(b[*at:], r.compression != nil)
		if n == 0 || err != nil {
			return reason, false, err
		}
		payload, end := *at+uint64(n), *at+uint64(n)+h.Length
		if h.Opcode != frame.Close {
			*at = end
			continue
		}
		if end > uint64(len(b)) {
			return reason, false, nil
		}
		p := append(make([]byte, 0, frame.MaxControl), b[payload:end]...)
		frame.Mask(p, h.Key)
		code, text, err := frame.ParseClose(p)
		return CloseReason{CloseCode(code), text}, err == nil, err
	}
	return
}

// leaveInbox lets the application keep what it has been lent of the inbox, which
// goes on in another buffer.
func (m *MessageStream) leaveInbox() {
	if m.rx == nil {
		return
	}
	held := m.rx.Bytes()
	m.rx.Inbox = inbox.Inbox{}
	m.rx.Add(held)
	m.rx.direct = false
}
