package group

import (
	"context"

	"github.com/handset-go/handset/ws"
)

// JoinRecent is like Join, but first sends the last n stored messages of the group,
// oldest first, or all if there are fewer. No message is missing between these and the
// first new one, and none is sent twice. It returns the position of the newest
// message at that time, from which the client can resume even if it has received
// none.
//
// JoinRecent waits for the peer if the messages do not fit into the send queue. Its
// errors are those of Join, ErrNoHistory, ErrMember, ErrLeft, ErrTooSlow, and those of
// the broker. The session is then not a member; some messages may have been sent.
func (gs *Groups) JoinRecent(ctx context.Context, name string, session *ws.Session, n int) (Position, error) {
	var at Position
	err := gs.joinStored(ctx, name, session, func(ctx context.Context) (s stored, err error) {
		s.entries, s.at, err = gs.history.Recent(ctx, name, max(n, 0))
		at = s.at
		return s, err
	})
	if err != nil {
		return Position{}, err
	}
	return at, nil
}

// Resume is like Join, but first sends all messages after a position, for a client that
// was connected before. No message is missing and none is sent twice. It returns
// ErrCannotResume, and the session is not a member, if the messages after the position
// are not stored any more, if there are more than Options.MaxResume, or if after
// is the zero Position. The client must then load the current state, for example by
// JoinRecent. Otherwise, Resume waits and fails as JoinRecent does.
func (gs *Groups) Resume(ctx context.Context, name string, session *ws.Session, after Position) error {
	return gs.joinStored(ctx, name, session, func(ctx context.Context) (s stored, err error) {
		if after.IsZero() {
			return s, ErrCannotResume
		}
		s.at = after
		s.entries, err = gs.history.After(ctx, name, after, gs.options.MaxResume)
		return s, err
	})
}

// stored are messages of the history, and the position of the last one, or
// the position before the next one if there are none.
type stored struct {
	entries []Entry
	at      Position
}

// joinStored joins a group, sends the messages that load returns, and then what has
// arrived meanwhile.
func (gs *Groups) joinStored(ctx context.Context, name string, session *ws.Session, load func(context.Context) (stored, error)) error {
	if gs.history == nil {
		return ErrNoHistory
	}
	return inGoroutine(func() error {
		m, err := gs.join(ctx, name, session, true)
		if err != nil {
			return err
		}
		stays := false
		defer func() {
			if !stays { // also if Options.Format panics
				gs.remove(m)
			}
		}()
		if err = m.catchUp(ctx, load); err == ErrLeft {
			err = gs.leftBecause(session)
		}
		stays = err == nil
		return err
	})
}

// leftBecause returns the reason why a session is no member any more.
func (gs *Groups) leftBecause(session *ws.Session) error {
	switch {
	case session.Err() != nil:
		return sessionError(session)
	case gs.isClosed():
		return ErrClosed
	}
	return ErrLeft
}

// catchUp sends stored messages and what has arrived meanwhile.
func (m *member) catchUp(ctx context.Context, load func(context.Context) (stored, error)) error {
	sending, w := newWaiting(ctx)
	defer close(w.done)
	defer w.cancel()
	if !m.beginWaiting(w) {
		return ErrLeft
	}
	err := m.sendStored(sending, load)
	if err != nil && sending.Err() != nil && ctx.Err() == nil {
		err = ErrLeft
	}
	return err
}

// beginWaiting reports whether w is now the goroutine that waits for the send queue.
func (m *member) beginWaiting(w *waiting) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.waiting = w
	return !m.left.Load()
}

// sendStored sends what load returns and then what has arrived, until there is nothing.
func (m *member) sendStored(ctx context.Context, load func(context.Context) (stored, error)) error {
	s, err := load(ctx)
	if err != nil {
		return err
	}
	last := s.at
	for _, entry := range s.entries {
		last = entry.Position
		pm, err := m.open(entry)
		if err != nil {
			m.group.groups.counts.invalid.Add(1)
		}
		if pm == nil {
			continue
		}
		if err := m.send(ctx, pm); err != nil {
			return err
		}
	}
	return m.sendArrived(ctx, last)
}

// sendArrived sends what has arrived after a position, until there is nothing.
func (m *member) sendArrived(ctx context.Context, last Position) error {
	for {
		batch, err := m.takeArrived(last)
		if batch == nil {
			return err
		}
		for _, a := range batch {
			if a.position.follows(last) {
				if err := m.send(ctx, a.message); err != nil {
					return err
				}
			}
		}
	}
}

// send sends a message and waits for the send queue.
func (m *member) send(ctx context.Context, pm *ws.PreparedMessage) error {
	if err := m.session.SendPrepared(ctx, pm); err != nil {
		return err
	}
	m.group.groups.counts.delivered.Add(1)
	return nil
}

// takeArrived returns the messages that have arrived. If there are none, the member has
// caught up: from then on, messages after last are sent as they arrive.
func (m *member) takeArrived(last Position) ([]arrival, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case m.left.Load():
		return nil, ErrLeft
	case m.overflowed:
		return nil, ErrTooSlow
	}
	batch := m.arrived
	m.arrived = nil
	if batch == nil {
		m.catchingUp, m.waiting, m.after = false, nil, last
	}
	return batch, nil
}
