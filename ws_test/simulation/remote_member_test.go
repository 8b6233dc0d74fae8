package simulation

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/handset-go/handset/group"
	"github.com/handset-go/handset/ws"
)

// remoteMember is what the model knows of a session in a group.
type remoteMember struct {
	endpoint  *endpoint
	process   *process
	name      string
	log       *log
	phase     *phase    // of its actor
	joined    time.Time // when Join has returned; zero while it waits
	catchesUp bool      // JoinRecent or Resume has not sent the stored messages
	loaded    bool      // it knows them
	last      int       // the number of the newest message when they were read
	early     []*post
	waiting   []*message       // that were kept or dropped while the queue was not empty
	seen      map[int]*message // by number
	fits      bool             // the queue is empty and has space for the message that is being delivered
	promised  []*message       // that JoinRecent or Resume sends
	positions []group.Position
}

// memberKey is the key of a remoteMember in the context of JoinRecent and Resume.
type memberKey struct{}

// accepted records that the broker has accepted a message. Every process that has
// members has a subscription.
func (g *remote) accepted(m *post, data []byte) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.messages[string(data)], g.newest[m.name] = m, m.number
	for _, p := range g.processes {
		for _, member := range p.members {
			if member.name != m.name || member.joined.IsZero() || !member.joined.Before(m.began) || !member.endpoint.accepts() {
				continue
			}
			if !g.broker.has(p, m.name) {
				g.run.failf("%s has no subscription of %s, of which %s is a member", p.name, m.name, member.endpoint.name)
			}
		}
	}
}

// accepts reports whether the session accepts sends. The call sends nothing in either case,
// because its text is not UTF-8, and does not wait. It begins a message: if it continued one,
// that might be another actor's, of which it would be a fragment.
func (e *endpoint) accepts() bool {
	return !errors.Is(e.session.Continuation(context.Background(), ws.FirstText, []byte{0xff}), ws.ErrClosed)
}

// stored records what JoinRecent or Resume is going to send.
func (g *remote) stored(ctx context.Context, entries []group.Entry, err error) {
	m, _ := ctx.Value(memberKey{}).(*remoteMember)
	if m == nil || err != nil {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	m.loaded, m.last = true, g.newest[m.name]
	g.run.trace.add(m.endpoint.name, "history of ", m.name, ": ", len(entries), " messages, ", len(m.early), " have arrived")
	for _, e := range entries {
		p := g.messages[string(e.Data)]
		m.promises(m.adds(p, e.Position))
	}
	for _, p := range m.early {
		if p.number > m.last {
			m.promises(m.adds(p, group.Position{}))
		}
	}
	m.early = nil
}

// adds records that a message is going to be sent to the member, after those before. It
// returns nil if the member need not get it.
func (m *remoteMember) adds(p *post, at group.Position) *message {
	if !at.IsZero() {
		m.positions = append(m.positions, at)
	}
	if p.except == m.endpoint {
		return nil
	}
	data := m.process.groups.expected(p)
	m.endpoint.holds(len(data))
	sent := m.endpoint.sends.sends(m.log, p.kind, data)
	m.endpoint.sends.mu.Lock()
	defer m.endpoint.sends.mu.Unlock()
	sent.optional = true
	before := m.seen[p.number]
	m.seen[p.number] = sent
	if before != nil && before.optional && !before.received {
		return nil // one of the two arrives, or both
	}
	return sent
}

// promises records that a message must arrive if JoinRecent or Resume succeeds.
func (m *remoteMember) promises(sent *message) {
	if sent != nil {
		m.promised = append(m.promised, sent)
	}
}

// delivers records that the process receives a message, which call does.
func (g *remote) delivers(p *process, e group.Entry, call func()) {
	g.mu.Lock()
	m := g.messages[string(e.Data)]
	g.run.trace.add(p.name, "receives ", m.number, " of ", m.name, ", ", len(m.data), " bytes")
	var required []func()
	for _, member := range p.members {
		if member.name != m.name {
			continue
		}
		member.settle()
		switch {
		case member.catchesUp && !member.loaded:
			member.early = append(member.early, m)
			continue
		case m.number <= member.last:
			continue
		}
		sent := member.adds(m, e.Position)
		member.fits = member.endpoint.session.Buffered() == 0
		switch {
		case member.catchesUp:
			member.promises(sent)
		case sent == nil, member.joined.IsZero() || !member.joined.Before(m.began), !member.endpoint.accepts():
		case member.fits:
			required = append(required, func() { member.endpoint.sends.requires(sent) })
		default:
			member.waiting = append(member.waiting, sent)
		}
	}
	g.mu.Unlock()
	call()
	for _, require := range required {
		require()
	}
}

// settle is called when something happens to a member. If its queue is empty, all that it
// has kept was sent.
func (m *remoteMember) settle() {
	if len(m.waiting) == 0 || m.catchesUp || !m.endpoint.accepts() || m.endpoint.session.Buffered() > 0 {
		return
	}
	if m.process.groups.options.Slow == group.KeepLatest {
		m.waiting = m.waiting[len(m.waiting)-1:]
	}
	for _, sent := range m.waiting { // what DropNewest has dropped is refused, and stays so
		m.endpoint.sends.requires(sent)
	}
	m.waiting = nil
}

// missed is called when DropNewest drops a message for a member: it must not arrive.
func (g *remote) missed(name string, session *ws.Session) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, p := range g.processes {
		for _, m := range p.members {
			if m.name != name || m.endpoint.session != session {
				continue
			}
			if g.options.Slow != group.DropNewest || m.fits {
				g.run.failf("%s has missed a message of %s, and its queue is empty", m.endpoint.name, name)
			}
			if last := len(m.log.all) - 1; last >= 0 {
				m.endpoint.sends.ends(m.log.all[last], refused)
			}
		}
	}
}

// member is an actor that joins and leaves groups with a session of the server.
func (a *actor) joinsRemote() {
	g := a.run.remote
	p := one(a.random, g.processes...)
	logs := map[string]*remoteMember{}
	for _, name := range g.names {
		logs[name] = &remoteMember{endpoint: a.endpoint, process: p, name: name, phase: a.phase, seen: map[int]*message{}, log: a.sends.newLog(a.name + " " + name)}
	}
	for range a.run.plan.steps {
		a.phase.pause(time.Duration(a.random.size(int(a.run.plan.duration / 4))))
		m := logs[one(a.random, g.names...)]
		if m.isMember() && a.random.chance(60) {
			a.checkRemoteLen(m)
			continue
		}
		if m.isMember() {
			a.leaveRemote(m, logs)
			continue
		}
		a.joinRemote(m, logs)
	}
}

func (m *remoteMember) isMember() bool {
	m.process.groups.mu.Lock()
	defer m.process.groups.mu.Unlock()
	return !m.joined.IsZero()
}

// checkLen checks that the group has the members that the model knows.
func (a *actor) checkRemoteLen(m *remoteMember) {
	g := m.process.groups
	g.mu.Lock()
	defer g.mu.Unlock()
	least, most := 0, 0
	for _, other := range m.process.members {
		if other.name != m.name {
			continue
		}
		other.settle()
		most++
		if !other.joined.IsZero() && !other.endpoint.hasSentClose() && other.endpoint.accepts() {
			least++
		}
	}
	if n := m.process.here.Len(m.name); n < least || n > most {
		a.failf("%s of %s has %d members, want %d to %d", m.name, m.process.name, n, least, most)
	}
}

// leave leaves a group. Nothing of it is sent from then on.
func (a *actor) leaveRemote(m *remoteMember, all map[string]*remoteMember) {
	g := m.process.groups
	g.mu.Lock()
	m.settle()
	g.mu.Unlock()
	m.process.here.Leave(m.name, a.session)
	a.trace("Leave ", m.name)
	g.mu.Lock()
	m.ends()
	g.mu.Unlock()
	a.leftRemote(all)
}

// leaves is called when the session is no member of a group any more, to check that nothing
// of it is sent if the session is in no other group.
func (a *actor) leftRemote(all map[string]*remoteMember) {
	for _, other := range all {
		if other.isMember() {
			return
		}
	}
	a.out.quiet(a.session.Buffered)
}

// ends records that the session is no member any more.
func (m *remoteMember) ends() {
	members := m.process.members
	for i := range members {
		if members[i] == m {
			m.process.members = append(members[:i:i], members[i+1:]...)
			break
		}
	}
	m.joined, m.catchesUp, m.loaded, m.last, m.early, m.waiting, m.promised = time.Time{}, false, false, 0, nil, nil, nil
}

// join joins a group, in one of three ways.
func (a *actor) joinRemote(m *remoteMember, all map[string]*remoteMember) {
	g := m.process.groups
	a.out.talks()
	ctx, cancel := context.WithValue(context.Background(), memberKey{}, m), context.CancelFunc(func() {})
	if a.random.chance(20) {
		now := time.Now()
		ctx, cancel = context.WithDeadline(ctx, a.until.next(now, now.Add(a.random.between(0, 4*g.broker.latency+time.Millisecond))))
	}
	defer cancel()
	way := a.random.IntN(3)
	g.mu.Lock()
	m.catchesUp = way > 0
	m.process.members = append(m.process.members, m)
	var after group.Position
	if len(m.positions) > 0 {
		after = m.positions[len(m.positions)-1]
	}
	g.mu.Unlock()
	var err error
	switch way {
	case 0:
		err = m.process.here.Join(ctx, m.name, a.session)
	case 1:
		_, err = m.process.here.JoinRecent(ctx, m.name, a.session, a.random.IntN(5))
	case 2:
		err = m.process.here.Resume(ctx, m.name, a.session, after)
	}
	a.trace(fmt.Sprint([]string{"Join ", "JoinRecent ", "Resume "}[way], m.name, ": ", groupClass(err)))
	g.mu.Lock()
	if err == nil {
		m.succeeds()
	} else {
		m.ends()
	}
	g.mu.Unlock()
	if err != nil {
		a.leftRemote(all)
		a.checkRemoteJoin(ctx, way, err)
	}
}

// succeeds records that the session is a member.
func (m *remoteMember) succeeds() {
	m.joined, m.catchesUp = time.Now(), false
	if m.endpoint.accepts() {
		for _, sent := range m.promised {
			m.endpoint.sends.requires(sent)
		}
	}
	m.promised = nil
}

// checkJoin checks the error of a join.
func (a *actor) checkRemoteJoin(ctx context.Context, way int, err error) {
	switch {
	case ctx.Err() != nil && err == ctx.Err():
	case way == 2 && errors.Is(err, group.ErrCannotResume):
	case !a.accepts() && (errors.Is(err, ws.ErrClosed) || a.session.Err() != nil && err == a.session.Err()):
	default:
		a.failf("a join fails with %v", err)
	}
}

func groupClass(err error) string {
	for _, e := range []error{group.ErrCannotResume, group.ErrMember, group.ErrLeft, group.ErrTooSlow, group.ErrClosed} {
		if errors.Is(err, e) {
			return e.Error()
		}
	}
	return class(err)
}

// holds records that the queue may hold a message of n bytes.
func (e *endpoint) holds(n int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.largest = max(e.largest, n)
}
