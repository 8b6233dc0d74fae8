package ws

import "sync/atomic"

// unread is since when nobody was found receiving, 0 for not at all. Times are
// coarse and even; the odd one after says that it was reported.
type unread struct{ since atomic.Uint32 }

// receives notes that somebody receives. It stores only what has changed, as
// flags does.
func (u *unread) receives() {
	if u.since.Load() != 0 {
		u.since.Store(0)
	}
}

// checkUnread reports once that nobody has been found receiving for both of the
// heartbeat's times. It returns after how many ms to check again.
func (s *Session) checkUnread(now uint32, p intervals) (wait uint32) {
	if s.flags.has(isWaiting) || s.isClosing() {
		return p.interval
	}
	since := s.pulse.unread.since.Load()
	if since == 0 {
		since = max(now&^1, 2)
		s.pulse.unread.since.CompareAndSwap(0, since)
	}
	if since&1 != 0 {
		return p.interval
	}
	if wait := until(since+p.interval+p.timeout, now, p.slack()); wait > 0 {
		return wait
	}
	if s.pulse.unread.since.CompareAndSwap(since, since|1) {
		s.registry.unread.Add(1)
		if t := s.trace(); t.Unread != nil {
			t.Unread(s, millis(now-since))
		}
	}
	return p.interval
}
