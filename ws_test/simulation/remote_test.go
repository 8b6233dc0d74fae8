package simulation

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/handset-go/handset/group"
	"github.com/handset-go/handset/ws"
)

// remote is the part of a run that is about package group: the sessions of the server join
// and leave groups, and others publish. The server's sessions belong to one or two
// processes, which share a broker.
type remote struct {
	run       *run
	broker    broker
	options   group.Options
	names     []string
	processes []*process

	mu       sync.Mutex
	messages map[string]*post // by what the broker carries
	newest   map[string]int   // number of the last message of a group
}

// process is a process of the server: its Groups, and who is a member of them.
type process struct {
	groups  *remote
	id      int
	name    string
	here    *group.Groups
	members []*remoteMember // guarded by groups.mu

	subscribes, delivers map[string]*phase // by group
}

// post is a message that was published to a group.
type post struct {
	name   string
	kind   ws.Kind
	data   []byte
	except *endpoint
	number int       // in the order in which the broker has accepted them; 0 before that
	began  time.Time // when Publish was called
	phase  *phase    // of who publishes it
}

// The phases of groups: of what the broker does, and of those who publish.
const (
	phaseBroker  = phaseShutdown + 24
	phasePublish = phaseShutdown + 44
	phaseGroups  = phaseShutdown + 48
)

// newRemote decides whether a run has groups, and what they are. It returns nil if it has
// none.
func newRemote(r *run) *remote {
	rng := newRandom(r.seed, "groups")
	if !rng.chance(30) {
		return nil
	}
	g := &remote{run: r, messages: map[string]*post{}, newest: map[string]int{}}
	g.broker = broker{groups: g, open: map[string]int{}, latency: one(rng, 0, time.Millisecond, 50*time.Millisecond)}
	g.broker.memory.History = one(rng, 1, 5, 100)
	g.broker.memory.Retention = longest
	g.options = group.Options{
		Slow:             one(rng, group.CloseSlow, group.DropNewest, group.KeepLatest),
		UnsubscribeDelay: one(rng, -1, 320*time.Millisecond, 1600*time.Millisecond),
		MaxResume:        one(rng, 0, 3),
		Missed:           g.missed,
	}
	if rng.chance(30) {
		g.options.Format = func(m group.Message) []byte { return formatted(m.Data) }
	}
	for i := range 1 + rng.IntN(2) {
		g.names = append(g.names, fmt.Sprint("group ", i))
	}
	for i := range 1 + rng.IntN(2) {
		p := &process{groups: g, id: i, name: fmt.Sprint("process ", i), subscribes: map[string]*phase{}, delivers: map[string]*phase{}}
		for k, name := range g.names {
			p.subscribes[name], p.delivers[name] = newPhase(phaseBroker+4*i+2*k), newPhase(phaseBroker+4*i+2*k+1)
		}
		p.here = group.New(&view{&g.broker, p}, g.options)
		g.processes = append(g.processes, p)
	}
	return g
}

func formatted(data []byte) []byte { return append([]byte("formatted: "), data...) }

// expected returns what members receive for a message.
func (g *remote) expected(p *post) []byte {
	if g.options.Format != nil {
		return formatted(p.data)
	}
	return p.data
}

// publishers starts those who publish.
func (g *remote) publishers() {
	if g == nil {
		return
	}
	for i := range 1 + newRandom(g.run.seed, "publishers").IntN(3) {
		p := &poster{g, fmt.Sprint("poster ", i), newPhase(phasePublish + i), newRandom(g.run.seed, fmt.Sprint("poster ", i))}
		g.run.scripts.Go(p.publish)
	}
}

// poster is a goroutine of the program that publishes.
type poster struct {
	groups *remote
	name   string
	phase  *phase
	random random
}

// postKey is the key of a post in the context of Publish.
type postKey struct{}

func (p *poster) publish() {
	g := p.groups
	for range g.run.plan.steps * 2 {
		p.phase.pause(time.Duration(p.random.size(int(g.run.plan.duration / 4))))
		if p.random.chance(10) {
			for range p.random.IntN(30) {
				p.one()
			}
		}
		p.one()
	}
}

// one publishes a message.
func (p *poster) one() {
	g := p.groups
	from := one(p.random, g.processes...)
	m := &post{name: one(p.random, g.names...), kind: one(p.random, ws.Text, ws.Binary), began: time.Now(), phase: p.phase}
	m.data = content(p.random, m.kind, uniqueSize+p.random.size(min(g.run.plan.largest, 5000)))
	var except *ws.Session
	if p.random.chance(20) {
		except = g.someone(p.random, from, m)
	}
	ctx := context.WithValue(context.Background(), postKey{}, m)
	err := from.here.PublishExcept(ctx, m.name, m.kind, m.data, except)
	g.run.trace.add(p.name, "publish to ", m.name, " ", len(m.data), " bytes: ", err)
	if err != nil {
		g.run.failf("%s: Publish: %v", p.name, err)
	}
}

// someone chooses a member that does not receive a message.
func (g *remote) someone(rng random, from *process, m *post) *ws.Session {
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(from.members) == 0 {
		return nil
	}
	chosen := from.members[rng.IntN(len(from.members))]
	if chosen.joined.IsZero() {
		return nil
	}
	m.except = chosen.endpoint
	return m.except.session
}

// settle is called when nothing is published any more, before sessions are closed.
func (g *remote) settle() {
	if g == nil {
		return
	}
	newPhase(phaseGroups).pause(time.Second)
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, p := range g.processes {
		for _, m := range p.members {
			m.settle()
		}
	}
}

// check checks, after all sessions have ended, that nothing is left of them.
func (g *remote) check() {
	if g == nil {
		return
	}
	newPhase(phaseGroups).pause(max(g.options.UnsubscribeDelay, 0) + time.Second)
	for _, p := range g.processes {
		stats := p.here.Stats()
		if stats.Members != 0 || stats.Groups != 0 || len(slices.Collect(p.here.Names())) != 0 {
			g.run.failf("%s: after all sessions have ended: %+v", p.name, stats)
		}
		if stats.Invalid != 0 || stats.Gaps != 0 {
			g.run.failf("%s: %+v", p.name, stats)
		}
		if err := p.here.Close(); err != nil {
			g.run.failf("%s: Close: %v", p.name, err)
		}
	}
	if n := g.broker.subscriptions(); n != 0 {
		g.run.failf("the broker has %d subscriptions after all Groups were closed", n)
	}
	g.broker.running.Wait()
}
