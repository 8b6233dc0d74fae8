package simulation

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/handset-go/handset/group"
	"github.com/handset-go/handset/ws"
)

// groups are the groups of a run, whose members are sessions of the server, and the model
// of what is published to them.
type groups struct {
	*group.Groups
	run     *run
	broker  *group.MemoryBroker
	options group.Options
	names   []string

	mu        sync.Mutex
	topics    map[string]*topic
	missed    map[*ws.Session]int // calls of Options.Missed, of all groups
	positions []place             // that JoinRecent has returned
}

// topic is the model of one group: what was published, in order.
type topic struct {
	published []*publication
	members   map[*endpoint][]*membership // in the order in which they began
}

// publication is a message that was published.
type publication struct {
	kind   ws.Kind
	data   []byte
	except *endpoint // does not receive it
	known  bool      // it has been a member before, of any group
	failed bool      // nobody receives it
}

// place is a position, and how many messages were published before it.
type place struct {
	group.Position
	name  string
	index int
}

// membership is the time from a Join to a Leave, by the numbers of what was published.
type membership struct {
	first    int // that may be received
	required int // from which on nothing may be missing; a large number if there is none
	end      int // from which on nothing may be received
	until    int // from which on it may be missing, because Leave or Close was called
	next     int // after the last one received
	skipped  int // required ones that were not received, before others that were
	mayMiss  int // the same, with those that may be missing
	slow     bool
	over     bool // a message of a later membership has been received
	unclear  bool // messages of it may also be of an earlier one that was slow
}

const never = 1 << 30

func newGroups(r *run, rng random) *groups {
	g := &groups{run: r, names: []string{"a", "b"}[:1+rng.IntN(2)], topics: map[string]*topic{}, missed: map[*ws.Session]int{}}
	for _, name := range g.names {
		g.topics[name] = &topic{members: map[*endpoint][]*membership{}}
	}
	g.broker = &group.MemoryBroker{History: one(rng, 0, 0, 3, 1000)}
	g.options = group.Options{
		Slow:             one(rng, group.CloseSlow, group.DropNewest, group.KeepLatest),
		UnsubscribeDelay: one(rng, 0, -1, time.Millisecond),
		Missed:           g.miss,
		Gap:              func(name string, err error) { r.failf("gap in group %s: %v", name, err) },
	}
	if rng.chance(30) {
		g.options.Format = format
	}
	g.Groups = group.New(g.broker, g.options)
	return g
}

// miss is Options.Missed.
func (g *groups) miss(_ string, s *ws.Session) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.missed[s]++
}

// format is Options.Format. Offsets are the same in every run; epochs are not.
func format(m group.Message) []byte {
	return append(bytes.Clone(m.Data), " @"+strconv.FormatUint(m.Position.Offset, 10)...)
}

const groupMark = "group "

// publish publishes a message. except is nil, or does not receive it.
func (g *groups) publish(a traced, ctx context.Context, rng random, name string, except *endpoint, local bool) {
	kind := one(rng, ws.Text, ws.Binary)
	g.mu.Lock()
	t := g.topics[name]
	head := fmt.Sprintf("%s%s %d ", groupMark, name, len(t.published))
	data := append([]byte(head), content(rng, kind, uniqueSize+rng.size(40))...)
	p := &publication{kind: kind, data: data, except: except}
	t.published = append(t.published, p)
	for _, other := range g.topics {
		for _, m := range other.members[except] {
			p.known = p.known || m.required != never
		}
	}
	for e := range t.members {
		if e.mayBeSlow(len(data)) {
			g.slows(e)
		}
	}
	g.mu.Unlock()
	var err error
	switch {
	case local:
		err = g.PublishLocal(name, kind, data)
	case except != nil:
		err = g.PublishExcept(ctx, name, kind, data, except.session)
	default:
		err = g.Publish(ctx, name, kind, data)
	}
	a.trace("Publish to ", name, ": ", class(err))
	if err == nil {
		return
	}
	g.mu.Lock()
	p.failed = true
	g.mu.Unlock()
	if err != ctx.Err() && !errors.Is(err, group.ErrClosed) {
		g.run.failf("Publish returns %v", err)
	}
}

// slows records that a member may be slow from now on, in all groups: while messages of one
// group wait for the send queue, those of another have no space in it either.
func (g *groups) slows(e *endpoint) {
	for _, t := range g.topics {
		if list := t.members[e]; len(list) > 0 {
			list[len(list)-1].slow = true
		}
	}
}

// traced is what records what it does in the trace.
type traced interface{ trace(...any) }

// mayBeSlow reports whether the send queue may have no space for a message of n bytes.
func (e *endpoint) mayBeSlow(n int) bool {
	limit := e.options.SendBuffer
	if limit == 0 {
		limit = 64 << 10
	}
	e.mu.Lock()
	open := e.open > 0
	for _, joining := range e.joining {
		open = open || joining
	}
	e.mu.Unlock()
	return open || e.session.Buffered()+n+50 > limit
}

// joins records that an endpoint begins to join. Messages from first on may be received.
func (g *groups) joins(e *endpoint, name string, first int) *membership {
	g.mu.Lock()
	defer g.mu.Unlock()
	t := g.topics[name]
	m := &membership{first: first, next: first, required: never, end: never, until: never}
	if e.hasSentClose() {
		m.until = len(t.published)
	}
	t.members[e] = append(t.members[e], m)
	return m
}

// joined records the result.
func (g *groups) joined(e *endpoint, name string, m *membership, required int, err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	list := g.topics[name].members[e]
	m.unclear = slices.ContainsFunc(list[:len(list)-1], func(m *membership) bool { return m.slow || m.unclear })
	if err == nil && m.unclear {
		m.required = never - 1
	} else if err == nil {
		m.required = required
	} else {
		m.end, m.unclear = len(g.topics[name].published), true // some of it may have been sent
	}
}

// count returns how many messages were published to a group.
func (g *groups) count(name string) int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return len(g.topics[name].published)
}

// received checks a message of a group that the client's end e has received.
func (g *groups) received(e *endpoint, kind ws.Kind, data []byte) (problem string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	text, _, _ := strings.Cut(string(data[len(groupMark):]), "\n")
	fields := strings.SplitN(text, " ", 3)
	t := g.topics[fields[0]]
	if t == nil || len(fields) < 3 {
		return "no such group"
	}
	n, err := strconv.Atoi(fields[1])
	if err != nil || n >= len(t.published) {
		return "it was not published"
	}
	p := t.published[n]
	if g.options.Format != nil {
		data = data[:max(bytes.LastIndex(data, []byte(" @")), 0)]
	}
	switch {
	case p.kind != kind || !bytes.Equal(p.data, data):
		return "it was altered"
	case p.except == e.peer && p.known:
		return "it was published except to this session"
	}
	list := t.members[e.peer]
	for len(list) > 1 && g.isOfLater(e.peer, t, list, n) {
		list[0].over = true
		list = list[1:]
	}
	if len(list) == 0 || n < list[0].next || n >= list[0].end {
		return "the session is no member, or has received it or a later one"
	}
	m := list[0]
	if g.hasGap(e.peer, t, m, n) {
		e.run.failf("%s: received message %d of group %s after %d: %+v", e.name, n, fields[0], m.next-1, *m)
	}
	m.skipped += t.missing(e.peer, max(m.next, m.required), min(n, m.until))
	m.mayMiss += t.missing(e.peer, max(m.next, m.required), n)
	m.next = n + 1
	return ""
}

// isOfLater reports whether a message is of a later membership than the first of some, perhaps
// a stored one with which that has begun.
func (g *groups) isOfLater(e *endpoint, t *topic, list []*membership, n int) bool {
	m := list[0]
	if m.over || n < m.next || n >= m.end {
		return true
	}
	hasBegun := func(later *membership) bool { return n >= later.first }
	return slices.ContainsFunc(list[1:], hasBegun) && g.hasGap(e, t, m, n)
}

// hasGap reports whether messages before n are missing that a member must have received.
func (g *groups) hasGap(e *endpoint, t *topic, m *membership, n int) bool {
	return t.missing(e, max(m.next, m.required), min(n, m.until)) > 0 && !e.sends.isLossy() &&
		(!m.slow || g.options.Slow == group.CloseSlow && !m.unclear)
}

// missing counts the messages for a member, from one to another.
func (t *topic) missing(e *endpoint, from, to int) (n int) {
	for i := from; i < min(to, len(t.published)); i++ {
		if p := t.published[i]; !p.failed && p.except != e {
			n++
		}
	}
	return n
}

// closes records that a member is closed: what is published from now on it may miss.
func (g *groups) closes(e *endpoint) {
	if g == nil {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, t := range g.topics {
		for _, m := range t.members[e] {
			m.until = min(m.until, len(t.published))
		}
	}
}

// check checks, after the run, what the members have missed.
func (g *groups) check() {
	if s := g.Stats(); s.Members != 0 || s.Gaps+s.Invalid+s.Duplicates+s.LocalOnly != 0 {
		g.run.failf("statistics of the groups: %+v", s)
	}
	for name := range g.Names() {
		g.run.failf("group %s still has members", name)
	}
	missed, unclear := map[*endpoint]losses{}, map[*endpoint]bool{}
	for name, t := range g.topics {
		for e, list := range t.members {
			if !e.delivers() {
				continue
			}
			for _, m := range list {
				unclear[e] = unclear[e] || m.unclear
				least, most := g.checkMember(name, t, e, m)
				missed[e] = losses{missed[e].least + least, missed[e].most + most}
			}
		}
	}
	if g.options.Slow == group.DropNewest {
		for e, n := range missed {
			if calls := g.missed[e.session]; !unclear[e] && (calls < n.least || calls > n.most) {
				e.failf("from %d to %d messages of groups are missing, and Missed was called %d times", n.least, n.most, calls)
			}
		}
	}
	if err := g.Close(); err != nil {
		g.run.failf("Close of the groups: %v", err)
	}
}

// delivers reports whether all that was added to the send queue of the endpoint has been
// received by its peer.
func (e *endpoint) delivers() bool {
	var closed *ws.CloseError
	return errors.As(e.err, &closed) && e.peer.streamErr == errEOF && !e.peer.mayDrop() && !e.sends.isLossy()
}

// losses are how many messages a member has missed: it is not known of those that were
// published while the session closed.
type losses struct{ least, most int }

// checkMember checks what a member has missed, and returns how many messages it is.
func (g *groups) checkMember(name string, t *topic, e *endpoint, m *membership) (least, most int) {
	tail := t.missing(e, max(m.next, m.required), m.until)
	if m.required == never {
		return 0, 0
	}
	if m.skipped+tail > 0 && !m.slow {
		e.failf("%d messages of group %s are missing, and %d at the end, although it was not slow", m.skipped, name, tail)
	}
	return m.skipped + tail, m.mayMiss + t.missing(e, max(m.next, m.required), m.end)
}
