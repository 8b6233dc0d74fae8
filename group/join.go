package group

import (
	"context"
	"errors"

	"github.com/handset-go/handset/internal/sessionend"
	"github.com/handset-go/handset/ws"
)

var (
	errNoSession = errors.New("group: session is nil")
	errNoContext = errors.New("group: context is nil")
)

// Join makes a session a member of a group until it ends or Leave is called. A session
// that accepts no more sends, because it is closing, may be removed before it has ended.
// Join waits for the broker if the session is the first member of the group in this
// process. Every message whose Publish begins after Join has returned nil is sent to the
// session, unless a gap is reported or the session is slow. A session may be a member of
// any number of groups. Groups reference a session that has joined until it ends, also
// after Leave. Join does nothing if it is a member already.
//
// Join returns an error if ctx or the session ends first, if the broker refuses the
// subscription, or ErrClosed after Close. The session is then not a member.
func (gs *Groups) Join(ctx context.Context, name string, session *ws.Session) error {
	err := inGoroutine(func() error {
		_, err := gs.join(ctx, name, session, false)
		return err
	})
	if err == ErrMember {
		return nil
	}
	return err
}

// inGoroutine calls join in a goroutine of its own and returns its error, or panics as
// it does. The goroutine that calls Join usually goes on to receive, for as long as the
// session exists, and would keep the larger stack that joining takes.
func inGoroutine(join func() error) error {
	var err error
	var panicked any
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer func() { panicked = recover() }()
		err = join()
	}()
	<-done
	if panicked != nil {
		panic(panicked)
	}
	return err
}

// Leave ends a session's membership of a group. After Leave has returned, no message
// of the group is sent to the session; messages in its send queue still leave. Leave
// waits for a send in progress, which does not wait for the peer. Leave does
// nothing if the session is not a member.
func (gs *Groups) Leave(name string, session *ws.Session) {
	gs.mu.Lock()
	m := gs.sessions[session].in(name)
	gs.mu.Unlock()
	if m != nil {
		gs.remove(m)
	}
}

// join adds a member to a group. If it has to catch up, it is sent nothing but keeps
// what arrives.
func (gs *Groups) join(ctx context.Context, name string, session *ws.Session, catchUp bool) (*member, error) {
	switch {
	case session == nil:
		return nil, errNoSession
	case ctx == nil:
		return nil, errNoContext
	}
	g, err := gs.acquire(name)
	if err != nil {
		return nil, err
	}
	defer gs.release(g)
	switch err := g.await(ctx, session); {
	case gs.isClosed():
		return nil, ErrClosed
	case err != nil:
		return nil, err
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case session.Err() != nil:
		return nil, sessionError(session)
	}
	return gs.add(g, session, catchUp)
}

// await waits until the subscription is active. If it is already, that takes no channel of
// session.Done, which sessions have only once they are asked for it.
func (g *group) await(ctx context.Context, session *ws.Session) error {
	select {
	case <-g.ready:
		return g.err
	default:
	}
	select {
	case <-g.ready:
		return g.err
	case <-ctx.Done():
		return ctx.Err()
	case <-session.Done():
		return sessionError(session)
	case <-g.groups.ctx.Done():
		return ErrClosed
	}
}

// sessionError returns the reason why a session has ended.
func sessionError(session *ws.Session) error {
	<-session.Done()
	if err := session.Err(); err != nil {
		return err
	}
	return ws.ErrClosed
}

// add adds a member to a group whose subscription is active.
func (gs *Groups) add(g *group, session *ws.Session, catchUp bool) (*member, error) {
	gs.mu.Lock()
	defer gs.mu.Unlock()
	if gs.isClosed() {
		return nil, ErrClosed
	}
	joined := gs.membershipsLocked(session)
	if joined.in(g.name) != nil {
		return nil, ErrMember
	}
	m := &member{session: session, group: g, id: joined.id, catchingUp: catchUp}
	joined.add(m)
	g.add(m)
	return m, nil
}

// membershipsLocked returns the memberships of a session, which has an id from then on until
// it ends.
func (gs *Groups) membershipsLocked(session *ws.Session) *memberships {
	joined := gs.sessions[session]
	if joined == nil {
		gs.lastID++
		joined = &memberships{id: gs.lastID}
		sessionend.Observe(session, (*observer)(gs))
		gs.sessions[session] = joined
	}
	return joined
}

// remove removes a member. When it has returned, nothing more is sent to it. The member
// stays in the lists until then, so that concurrent calls of Leave and Close wait, too.
func (gs *Groups) remove(m *member) {
	m.leave()
	gs.mu.Lock()
	defer gs.mu.Unlock()
	joined := gs.sessions[m.session]
	if joined.in(m.group.name) != m {
		return
	}
	joined.remove(m)
	m.group.remove(m)
	m.group.expireLocked()
}

// observer implements sessionend.Observer.
type observer Groups

// SessionEnded removes a session that is a member, or has been.
func (o *observer) SessionEnded(session any) { (*Groups)(o).removeSession(session.(*ws.Session)) }

// removeSession removes a session that has ended from all its groups.
func (gs *Groups) removeSession(session *ws.Session) {
	gs.mu.Lock()
	joined := gs.sessions[session]
	delete(gs.sessions, session)
	if joined == nil {
		gs.mu.Unlock()
		return
	}
	for _, m := range joined.members {
		m.group.remove(m)
		m.group.expireLocked()
	}
	gs.mu.Unlock()
	for _, m := range joined.members {
		m.leave()
	}
}
