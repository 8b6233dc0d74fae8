package ws

import (
	"time"

	"github.com/handset-go/handset/internal/transport"
)

// leaveLocked has the session end when the given time has passed since now, since
// all has left or since the peer has stopped taking it, whatever is last. The
// caller has l's lock.
func (s *Session) leaveLocked(l *life, timeout time.Duration) {
	s.registry.forget(l.leaves)
	p := s.progress()
	l.leaves = &departure{session: s, place: -1, timeout: timeout, since: time.Now(), progress: p}
	s.registry.expect(l.leaves, l.leaves.next(l.leaves.since))
}

// next is when to look again at a session that is leaving: while something has
// not left, whether the peer takes it.
func (d *departure) next(now time.Time) time.Time {
	at := d.since.Add(d.timeout)
	if !d.progress.backlog {
		return at
	}
	if !d.progress.known && !d.lastTry {
		at = at.Add(-min(transport.LastTry, d.timeout/2))
	}
	if soon := now.Add(d.timeout / 4); soon.Before(at) {
		return soon
	}
	return at
}

// goesOnLocked reports whether the session has more time to leave, and has it
// looked at again if it does. The caller has l's lock.
func (s *Session) goesOnLocked(l *life) bool {
	d, now, p := l.leaves, time.Now(), s.progress()
	d.since = d.since.Add(s.registry.takePaused(d))
	if d.progress.backlog && p.beyond(d.progress) && l.failure == nil {
		d.since, d.lastTry = s.progressed(p, d.progress, d.since, now), false
	}
	d.progress = p
	next := d.next(now)
	if !next.After(now) && p.backlog && !p.known && !d.lastTry {
		d.lastTry = true
		s.tryLastWrite()
		next = d.next(now)
	}
	if !next.After(now) {
		return false
	}
	s.registry.expect(d, next)
	return true
}
