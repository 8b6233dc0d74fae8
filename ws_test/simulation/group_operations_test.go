package simulation

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/handset-go/handset/group"
	"github.com/handset-go/handset/ws"
)

var errEOF = io.EOF

// groupOperations are what an actor at the server's end does with the groups.
var groupOperations []operation

func init() {
	groupOperations = []operation{
		{"Join", 10, (*actor).join},
		{"JoinRecent", 5, (*actor).joinRecent},
		{"Resume", 5, (*actor).resume},
		{"Leave", 3, (*actor).leave},
		{"Publish", 20, func(a *actor) { a.publish(nil, false) }},
		{"PublishExcept", 5, func(a *actor) { a.publish(a.endpoint, false) }},
		{"PublishLocal", 5, func(a *actor) { a.publish(nil, true) }},
	}
}

func (a *actor) publish(except *endpoint, local bool) {
	g := a.run.groups
	if local && g.broker.History > 0 {
		return // local messages are not stored: there would be two orders
	}
	ctx, cancel := a.context()
	defer cancel()
	g.publish(a, ctx, a.random, one(a.random, g.names...), except, local)
}

// joining reports whether another actor joins or leaves for the session. If not, the
// caller must call joins(name, false).
func (a *actor) joins(name string, begin bool) (busy bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if begin && a.joining[name] {
		return true
	}
	a.joining[name] = begin
	return false
}

func (a *actor) join() {
	a.enter("Join", func(ctx context.Context, name string) (first int, err error) {
		return a.run.groups.count(name), a.run.groups.Join(ctx, name, a.session)
	}, nil)
}

// enter joins a group. call returns the first message that may be received; it must be
// received if required is nil.
func (a *actor) enter(what string, call func(ctx context.Context, name string) (int, error), first func(name string) int) {
	g := a.run.groups
	name := one(a.random, g.names...)
	if a.joins(name, true) {
		return
	}
	defer a.joins(name, false)
	if g.isMember(a.endpoint, name) {
		return
	}
	from := g.count(name)
	if first != nil {
		from = first(name)
	}
	ctx, cancel := a.context()
	defer cancel()
	m := g.joins(a.endpoint, name, from)
	_, err := call(ctx, name)
	required := from
	if first == nil {
		required = g.count(name)
	}
	g.joined(a.endpoint, name, m, required, err)
	if err != nil && a.session.Err() != nil {
		a.trace(what, " ", name, " after the end") // with the error of the session, or of the context if that has ended, too
	} else {
		a.trace(what, " ", name, ": ", class(err))
	}
	a.checkJoin(ctx, err)
}

// checkJoin checks the error of a Join.
func (a *actor) checkJoin(ctx context.Context, err error) {
	if err == nil || err == ctx.Err() || errors.Is(err, ws.ErrClosed) || a.session.Err() != nil {
		return
	}
	for _, allowed := range []error{group.ErrClosed, group.ErrCannotResume, group.ErrTooSlow, group.ErrLeft} {
		if err == allowed {
			return
		}
	}
	a.failf("joining a group returns %v", err)
}

// isMember reports whether the endpoint is a member by the model.
func (g *groups) isMember(e *endpoint, name string) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	list := g.topics[name].members[e]
	return len(list) > 0 && list[len(list)-1].end == never
}

func (a *actor) joinRecent() {
	g := a.run.groups
	n := a.random.IntN(6)
	a.enter(fmt.Sprint("JoinRecent ", n), func(ctx context.Context, name string) (int, error) {
		index := g.count(name)
		at, err := g.JoinRecent(ctx, name, a.session, n)
		if err == nil && !at.IsZero() {
			g.remember(place{at, name, index})
		}
		return 0, err
	}, func(name string) int { return g.recent(name, n) })
}

// recent returns the number of the first of the last n stored messages.
func (g *groups) recent(name string, n int) int {
	g.mu.Lock()
	defer g.mu.Unlock()
	t := g.topics[name]
	first := len(t.published)
	for n = min(n, g.broker.History); n > 0 && first > 0; {
		if first--; !t.published[first].failed {
			n--
		}
	}
	return first
}

func (g *groups) remember(p place) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.positions = append(g.positions, p)
}

func (a *actor) resume() {
	g := a.run.groups
	g.mu.Lock()
	at := place{}
	if len(g.positions) > 0 {
		at = one(a.random, g.positions...)
	}
	g.mu.Unlock()
	a.enter("Resume", func(ctx context.Context, name string) (int, error) {
		if at.name != name {
			err := g.Resume(ctx, name, a.session, group.Position{})
			if err == nil {
				a.failf("Resume after the zero Position returns nil")
			}
			return 0, err
		}
		return 0, g.Resume(ctx, name, a.session, at.Position)
	}, func(name string) int {
		if at.name == name {
			return at.index
		}
		return g.count(name)
	})
}

func (a *actor) leave() {
	g := a.run.groups
	name := one(a.random, g.names...)
	if a.joins(name, true) {
		return
	}
	defer a.joins(name, false)
	g.mu.Lock()
	t := g.topics[name]
	for _, m := range t.members[a.endpoint] {
		m.until = min(m.until, len(t.published))
	}
	g.mu.Unlock()
	g.Leave(name, a.session)
	a.trace("Leave ", name)
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, m := range t.members[a.endpoint] {
		m.end = min(m.end, len(t.published))
	}
}

// publisher is a goroutine of the server that publishes to the groups.
type publisher struct {
	run    *run
	name   string
	random random
}

func (p *publisher) trace(text ...any) { p.run.trace.add(p.name, text...) }

const phasePublisher = phaseShutdown + 32

// runPublisher publishes, and looks at the groups, at instants that the seed chooses.
func (g *groups) runPublisher() {
	p := &publisher{g.run, "publisher", newRandom(g.run.seed, "publisher")}
	at := newPhase(phasePublisher)
	for range 2 * g.run.plan.steps {
		at.pause(time.Duration(p.random.size(int(g.run.plan.duration / 8))))
		name := one(p.random, g.names...)
		switch p.random.IntN(20) {
		case 0:
			g.look(name)
		case 1:
			if p.random.chance(5) {
				g.flood(p, at, name)
			}
		default:
			g.publish(p, context.Background(), p.random, name, nil, false)
		}
	}
}

// flood publishes more than CloseSlow keeps for a slow member.
func (g *groups) flood(p *publisher, at *phase, name string) {
	g.mu.Lock()
	var members []*endpoint
	for e := range g.topics[name].members {
		members = append(members, e)
	}
	g.mu.Unlock()
	for _, e := range members {
		if g.options.Slow == group.CloseSlow {
			e.closesItself()
		}
	}
	for range 1100 {
		g.publish(p, context.Background(), p.random, name, nil, false)
		at.pause(0)
	}
}

// look calls what reports the state of the groups.
func (g *groups) look(name string) {
	n := 0
	for s := range g.Members(name) {
		if s == nil {
			g.run.failf("a member is nil")
		}
		n++
	}
	if n != g.Len(name) {
		g.run.failf("group %s has %d members, Len says %d", name, n, g.Len(name))
	}
	if s := g.Stats(); s.Members < n {
		g.run.failf("group %s has %d members, Stats says %+v", name, n, s)
	}
}
