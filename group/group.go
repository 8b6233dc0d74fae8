package group

import (
	"context"
	"io"
	"sync"
	"time"
)

// A group is the part of a group that is in this process: its members, and the
// subscription that their messages arrive by.
type group struct {
	groups *Groups
	name   string

	// Guarded by Groups.mu.
	joining int         // calls of Join that wait for the subscription or add a member
	joins   int         // how often acquire has returned the group
	timer   *time.Timer // ends the subscription when the group has not been used for a time

	cancel context.CancelFunc // ends Subscribe
	ready  chan struct{}      // closed when Subscribe has returned
	closer io.Closer          // set before ready is closed
	err    error              // likewise

	mu      sync.Mutex
	members []*member

	last Position // of the messages received; belongs to the goroutine that delivers
}

// acquire returns the group of a name, which it makes if there is none. The caller must
// call release.
func (gs *Groups) acquire(name string) (*group, error) {
	gs.mu.Lock()
	defer gs.mu.Unlock()
	if gs.isClosed() {
		return nil, ErrClosed
	}
	g := gs.groups[name]
	if g == nil {
		ctx, cancel := context.WithCancel(gs.ctx)
		g = &group{groups: gs, name: name, cancel: cancel, ready: make(chan struct{})}
		gs.groups[name] = g
		go g.subscribe(ctx)
	}
	g.joining++
	g.joins++ // a call of expire that is due does nothing
	return g, nil
}

// release is called when a join has ended. It ends the subscription of a group that
// nobody uses any more.
func (gs *Groups) release(g *group) {
	gs.mu.Lock()
	defer gs.mu.Unlock()
	g.joining--
	g.expireLocked()
}

// subscribe makes the subscription at the broker.
func (g *group) subscribe(ctx context.Context) {
	defer g.cancel()
	gs := g.groups
	closer, err := gs.broker.Subscribe(ctx, g.name, g.receive)
	gs.mu.Lock()
	g.closer, g.err = closer, err
	used := gs.groups[g.name] == g
	if used && err != nil {
		delete(gs.groups, g.name) // the next Join tries again
	}
	close(g.ready) // with the lock: if used is true, the others see that it has begun
	gs.mu.Unlock()
	if !used && err == nil {
		closer.Close()
	}
}

// expireLocked ends the subscription after a delay, if the group is not used, and at
// once if it has not begun.
func (g *group) expireLocked() {
	gs := g.groups
	if g.joining > 0 || g.len() > 0 || gs.groups[g.name] != g {
		return
	}
	select {
	case <-g.ready:
		g.stopTimerLocked()
		joins := g.joins
		g.timer = time.AfterFunc(max(gs.options.UnsubscribeDelay, 0), func() { g.expire(joins) })
	default:
		delete(gs.groups, g.name)
		g.cancel()
	}
}

// expire ends the subscription unless the group has been used again.
func (g *group) expire(joins int) {
	gs := g.groups
	gs.mu.Lock()
	unused := g.joins == joins && gs.groups[g.name] == g
	if unused {
		delete(gs.groups, g.name)
	}
	gs.mu.Unlock()
	if unused {
		g.closer.Close()
	}
}

// stopTimerLocked stops the timer if there is one.
func (g *group) stopTimerLocked() {
	if g.timer != nil {
		g.timer.Stop()
	}
}

// close ends the subscription of a group that is not in the map any more. Otherwise
// subscribe does it.
func (g *group) close() error {
	select {
	case <-g.ready:
		if g.err == nil {
			return g.closer.Close()
		}
	default:
	}
	return nil
}

// len returns the number of members.
func (g *group) len() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return len(g.members)
}

// appendMembers appends the members to a slice.
func (g *group) appendMembers(members []*member) []*member {
	g.mu.Lock()
	defer g.mu.Unlock()
	return append(members, g.members...)
}

// add adds a member.
func (g *group) add(m *member) {
	g.mu.Lock()
	defer g.mu.Unlock()
	m.index = len(g.members)
	g.members = append(g.members, m)
}

// remove removes a member. The last member takes its index.
func (g *group) remove(m *member) {
	g.mu.Lock()
	defer g.mu.Unlock()
	end := len(g.members) - 1
	last := g.members[end]
	g.members[m.index], last.index = last, m.index
	g.members[end] = nil
	g.members = g.members[:end]
	if end == 0 {
		g.members = nil
	}
}
