package ws

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
	d, ok := s.conn.Delivery()
	return progress{d.Acked, taken, ok, queued > 0 || d.Unacked > 0}
}

// beyond reports whether p has got further than before.
func (p progress) beyond(before progress) bool {
	return p.acked != before.acked || p.taken != before.taken
}
