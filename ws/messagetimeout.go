package ws

import "sync/atomic"

// unfinished is since when a message is arriving. Times are coarse, 0 for none.
type unfinished struct {
	since  atomic.Uint32
	struck atomic.Uint32 // the time of a message that has taken too long
}

// timesMessages reports whether messages have a time to be finished in.
func (m *MessageStream) timesMessages() bool { return m.fleet.upgrader.MessageTimeout > 0 }

// noteUnfinished notes, before the reader waits, whether a message has begun.
func (m *MessageStream) noteUnfinished() {
	r := m.rx
	if r == nil || len(r.Bytes()) == 0 && !r.inFrame && !r.begun {
		return
	}
	if u := &m.more().unfinished; u.since.Load() == 0 {
		u.since.Store(coarse())
	}
}

// noteFinished notes that a message is whole.
func (m *MessageStream) noteFinished(kind Kind) {
	if kind == Text || kind == Binary || kind == Last {
		m.more().unfinished.since.Store(0)
	}
}

// hasten ends the wait of a reader whose message has taken too long, which then
// finds it so. It returns after how many ms to come again.
func (s *Session) hasten(now uint32, p pace) (wait uint32) {
	x := s.extra.Load()
	if x == nil || s.pulse.waits.Load() == 0 {
		return p.message
	}
	since := x.unfinished.since.Load()
	if since == 0 || s.isClosing() {
		return p.message
	}
	if wait := until(since+p.message, now, p.grain()); wait > 0 {
		return wait
	}
	x.unfinished.struck.Store(since)
	_ = s.conn.SetReadDeadline(longAgo)
	return p.grain() // should the deadline be taken away meanwhile
}

// tookTooLong reports whether the message that is arriving has.
func (m *MessageStream) tookTooLong() bool {
	x := m.extra.Load()
	if x == nil || m.rx == nil {
		return false
	}
	struck := x.unfinished.struck.Load()
	return struck != 0 && struck == x.unfinished.since.Load()
}
