package ws

// A session to which the program refers no more can never be used again, and
// without a reader nobody would notice that its peer has gone. The garbage
// collector finds it, by a finalizer. For that nothing that lasts as long as the
// connection may refer to the session: the roster does so weakly, and what the
// session consists of not at all, since the finalizer of what refers to itself
// never runs. Whoever is at work on a session does: a goroutine in one of its
// methods, the one behind Chan or Discard, the background writer, the timer of
// the closing handshake, and for up to a quarter of WriteTimeout after a write in
// the background the one that looks after those.

// abandoned is a session's finalizer. The goroutine that runs it serves the whole
// program and belongs to no testing/synctest bubble, so it only has others end
// the session: in a bubble that is the sweeper's timer, when it next fires, or
// Shutdown.
func (s *Session) abandoned() {
	f := s.registry
	f.mu.Lock()
	defer f.mu.Unlock()
	f.abandoned = append(f.abandoned, s)
	if len(f.abandoned) == 1 && !f.sweeper.bubble.inside {
		go f.endAbandoned()
	}
}

// endAbandoned ends the sessions that were abandoned.
func (f *registry) endAbandoned() {
	for s := f.nextAbandoned(); s != nil; s = f.nextAbandoned() {
		s.end(ErrAbandoned)
	}
}

// nextAbandoned takes a session off the list, nil if there is none.
func (f *registry) nextAbandoned() *Session {
	f.mu.Lock()
	defer f.mu.Unlock()
	last := len(f.abandoned) - 1
	if last < 0 {
		f.abandoned = nil
		return nil
	}
	s := f.abandoned[last]
	f.abandoned[last], f.abandoned = nil, f.abandoned[:last]
	return s
}
