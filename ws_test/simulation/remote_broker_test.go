package simulation

import (
	"context"
	"io"
	"sync"
	"time"

	"github.com/handset-go/handset/group"
)

// broker is a group.Broker as one on the network is: calls take time, and messages arrive
// some time after they were accepted, at each process at another time.
type broker struct {
	groups  *remote
	memory  group.MemoryBroker
	latency time.Duration
	running tasks // subscriptions

	mu   sync.Mutex
	open map[string]int // subscriptions, by process and group
	last int            // number of the last message
}

func (b *broker) subscriptions() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	n := 0
	for _, open := range b.open {
		n += open
	}
	return n
}

// has reports whether a process has a subscription of a group.
func (b *broker) has(p *process, name string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.open[p.name+name] > 0
}

// view is the broker as a process sees it.
type view struct {
	*broker
	process *process
}

// wait waits for the network, at most until the context ends, up to an instant of the caller's
// phase: others may call at the same time.
func (v *view) wait(ctx context.Context, at *phase) error {
	now := time.Now()
	timer := time.NewTimer(at.next(now, now.Add(v.latency)).Sub(now))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Publish implements group.Broker.
func (v *view) Publish(ctx context.Context, name string, data []byte) error {
	m := ctx.Value(postKey{}).(*post)
	if err := v.wait(ctx, m.phase); err != nil {
		return err
	}
	v.mu.Lock()
	v.last++
	m.number = v.last
	v.mu.Unlock()
	v.groups.accepted(m, data)
	return v.memory.Publish(ctx, name, data)
}

// Recent and After implement group.History.
func (v *view) Recent(ctx context.Context, name string, n int) ([]group.Entry, group.Position, error) {
	if err := v.wait(ctx, ctx.Value(memberKey{}).(*remoteMember).phase); err != nil {
		return nil, group.Position{}, err
	}
	entries, at, err := v.memory.Recent(ctx, name, n)
	v.groups.stored(ctx, entries, err)
	return entries, at, err
}

func (v *view) After(ctx context.Context, name string, after group.Position, limit int) ([]group.Entry, error) {
	if err := v.wait(ctx, ctx.Value(memberKey{}).(*remoteMember).phase); err != nil {
		return nil, err
	}
	entries, err := v.memory.After(ctx, name, after, limit)
	v.groups.stored(ctx, entries, err)
	return entries, err
}

// Subscribe implements group.Broker.
func (v *view) Subscribe(ctx context.Context, name string, receive func(group.Event)) (io.Closer, error) {
	if err := v.wait(ctx, v.process.subscribes[name]); err != nil {
		return nil, err
	}
	s := &subscription{view: v, name: name, receive: receive}
	s.changed.L = &s.mu
	under, err := v.memory.Subscribe(ctx, name, s.arrive)
	if err != nil {
		return nil, err
	}
	s.under = under
	v.mu.Lock()
	v.open[v.process.name+name]++
	v.mu.Unlock()
	v.running.Go(s.deliver)
	return s, nil
}

// subscription delivers the messages of a group to a process.
type subscription struct {
	view    *view
	name    string
	receive func(group.Event)
	under   io.Closer

	mu      sync.Mutex
	changed sync.Cond
	coming  []group.Event
	closed  bool
}

// arrive is called when the broker has accepted a message.
func (s *subscription) arrive(e group.Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.coming = append(s.coming, e)
	s.changed.Broadcast()
}

// deliver delivers messages until the subscription is closed.
func (s *subscription) deliver() {
	rng := newRandom(s.view.groups.run.seed, "deliveries "+s.view.process.name+s.name)
	at := s.view.process.delivers[s.name]
	for {
		s.mu.Lock()
		for len(s.coming) == 0 && !s.closed {
			s.changed.Wait()
		}
		s.mu.Unlock()
		at.pause(rng.between(0, 2*s.view.latency))
		s.mu.Lock()
		if s.closed {
			s.mu.Unlock()
			return
		}
		e := s.coming[0]
		s.coming = s.coming[1:]
		s.mu.Unlock()
		s.view.groups.delivers(s.view.process, e.Entry, func() { s.receive(e) })
	}
}

// Close implements io.Closer.
func (s *subscription) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil
	}
	s.closed = true
	s.changed.Broadcast()
	s.view.mu.Lock()
	s.view.open[s.view.process.name+s.name]--
	s.view.mu.Unlock()
	return s.under.Close()
}
