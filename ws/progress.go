package ws

import "time"

// progress is how far what was sent has got. Where the kernel tells, that is what
// the peer's TCP has acknowledged; elsewhere it is what the transport has taken,
// which for a slow peer comes in steps as large as the transport's buffers.
type progress struct {
	acked   uint64
	taken   uint32
	known   bool // the kernel tells
	backlog bool // something has not been taken, or not been acknowledged
}

func (s *Session) progress() progress {
	queued, taken := s.out.Queue()
	d, ok := s.transport.Delivery()
	return progress{d.Acked, taken, ok, queued > 0 || d.Unacked > 0}
}

// beyond reports whether p has got further than before.
func (p progress) beyond(before progress) bool {
	return p.acked != before.acked || p.taken != before.taken
}

// progressed is when the peer has last taken something, as far as is known, if it
// has since the time given. The kernel does not tell when that was.
func (s *Session) progressed(p, before progress, since, now time.Time) time.Time {
	switch {
	case !p.beyond(before):
		return since
	case p.acked != before.acked:
		return now
	}
	ago, ok := s.out.SinceTaken()
	if !ok {
		return now
	}
	return now.Add(-ago)
}
