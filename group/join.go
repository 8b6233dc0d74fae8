package group

import (
	"context"
	"errors"
	"slices"

	"github.com/handset-go/handset/ws"
)

var errNoSession = errors.New("group: session is nil")

// memberships are what one session that has not ended is a member of. They are guarded
// by Groups.mu.
type memberships struct {
	id      uint64 // identifies the session in envelopes
	members []*member
	stop    func() bool // stops waiting for the end of the session
}

// Join makes a session a member of a group until it ends or Leave is called. It waits
// for the broker if the session is the first member of the group in this process.
// Every message whose Publish begins after Join has returned nil is sent to the
// session, unless a gap is reported or the session is slow. A session may be a
// member of any number of groups, which reference it. Join does nothing if it is a
// member already.
//
// Join returns an error if ctx or the session ends first, if the broker refuses the
// subscription, or ErrClosed after Close. The session is then not a member.
func (gs *Groups) Join(ctx context.Context, name string, session *ws.Session) error {
	_, err := gs.join(ctx, name, session, false)
	if err == ErrMember {
		return nil
	}
	return err
}

// Leave ends a session's membership of a group. After Leave has returned, no message
// of the group is sent to the session; messages in its send queue still leave. Leave
// waits for a send in progress, which does not wait for the peer. Leave does
// nothing if the session is not a member. It must not be called by a function of
// the session's ws.Trace.
func (gs *Groups) Leave(name string, session *ws.Session) {
	gs.mu.Lock()
	m := gs.removeLocked(session, func(m *member) bool { return m.group.name == name })
	gs.mu.Unlock()
	if m != nil {
		m.leave()
	}
}

// join adds a member to a group. If it has to catch up, it is sent nothing but keeps
// what arrives.
func (gs *Groups) join(ctx context.Context, name string, session *ws.Session, catchUp bool) (*member, error) {
	if session == nil {
		return nil, errNoSession
	}
	g, err := gs.acquire(name)
	if err != nil {
		return nil, err
	}
	defer gs.release(g)
	select {
	case <-g.ready:
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-session.Done():
		return nil, sessionError(session)
	}
	if g.err != nil {
		return nil, g.err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if session.Err() != nil {
		return nil, sessionError(session)
	}
	return gs.add(g, session, catchUp)
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
	if gs.closed {
		return nil, ErrClosed
	}
	joined := gs.sessions[session]
	if joined == nil {
		gs.lastID++
		joined = &memberships{id: gs.lastID}
		joined.stop = context.AfterFunc(session.Context(), func() { gs.removeSession(session) })
		gs.sessions[session] = joined
	}
	for _, m := range joined.members {
		if m.group == g {
			return nil, ErrMember
		}
	}
	m := &member{session: session, group: g, id: joined.id, catchingUp: catchUp}
	joined.members = append(joined.members, m)
	g.add(m)
	return m, nil
}

// removeLocked removes the member of a session that matches and returns it, or nil if
// there is none.
func (gs *Groups) removeLocked(session *ws.Session, matches func(*member) bool) *member {
	joined := gs.sessions[session]
	if joined == nil {
		return nil
	}
	i := slices.IndexFunc(joined.members, matches)
	if i < 0 {
		return nil
	}
	m := joined.members[i]
	joined.members = slices.Delete(joined.members, i, i+1)
	m.group.remove(m)
	m.group.expireLocked()
	return m
}

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
