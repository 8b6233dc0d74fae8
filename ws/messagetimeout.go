package ws

import "sync/atomic"

// unfinished is since when a message is arriving. Times are coarse, 0 for none.
type unfinished struct {
	since   atomic.Uint32
	expired atomic.Uint32 // the time of a message that has taken too long
}

// later returns since when a message is arriving, later by what the process did
// not run since.
func (u *unfinished) later(now, late uint32) uint32 {
	since := u.since.Load()
	if since == 0 || late == 0 {
		return since
	}
	after := since + min(late, now-since)
	if !u.since.CompareAndSwap(since, after) {
		return u.since.Load()
	}
	return after
}

// timesMessages reports whether messages have a time to be finished in.
func (m *MessageStream) timesMessages() bool { return m.registry.settings.intervals.message > 0 }

// noteUnfinished notes, before the reader waits, whether a message has begun.
func (m *MessageStream) noteUnfinished() {
	if m.rx == nil || !m.rx.HasBegun() {
		return
	}
	if u := &m.more().unfinished; u.since.Load() == 0 {
		u.since.Store(coarse())
	}
}

// noteFinished notes, before the reader waits, whether a message has been finished
// since it last waited.
func (m *MessageStream) noteFinished() {
	if m.rx != nil && m.rx.Count.Messages > 0 {
		m.more().unfinished.since.Store(0)
	}
}

// checkMessageTimeout ends the wait of a reader whose message has taken too long,
// which then finds it so. It returns after how many ms to check again.
func (s *Session) checkMessageTimeout(now, late uint32, p intervals) (wait uint32) {
	x := s.extra.Load()
	if x == nil {
		return p.message
	}
	since := x.unfinished.later(now, late)
	if since == 0 || !s.flags.has(isWaiting) || s.isClosing() {
		return p.message
	}
	if wait := until(since+p.message, now, p.slack()); wait > 0 {
		return wait
	}
	x.unfinished.expired.Store(since)
	if err := s.transport.SetReadDeadline(longAgo); err != nil { // then only this wakes the reader
		s.end(&ProtocolError{ClosePolicyViolation, ErrMessageTimeout})
	}
	return p.step() // should the deadline be taken away meanwhile
}

// tookTooLong reports whether the message that is arriving has.
func (m *MessageStream) tookTooLong() bool {
	x := m.extra.Load()
	if x == nil || m.rx == nil {
		return false
	}
	expired := x.unfinished.expired.Load()
	return expired != 0 && expired == x.unfinished.since.Load()
}
