package grouptest

import (
	"bytes"
	"context"
	"io"
	"slices"
	"sync"
	"testing"

	"github.com/handset-go/handset/group"
)

// A broker is a simple broker in memory: each subscription has a queue without a limit and
// a goroutine.
type broker struct {
	limit int // of stored messages

	mu     sync.Mutex
	topics map[string]*topic
}

type topic struct {
	stored        []group.Entry
	trimmed, last uint64
	subscriptions []*subscription
}

type subscription struct {
	broker *broker
	wake   *sync.Cond // with the lock of the broker
	queue  []group.Event
	closed bool
}

func (b *broker) topicLocked(name string) *topic {
	t := b.topics[name]
	if t == nil {
		t = &topic{}
		b.topics[name] = t
	}
	return t
}

func (b *broker) Publish(ctx context.Context, name string, data []byte) error {
	if len(data) > 1<<20 {
		return group.ErrTooLarge
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	t := b.topicLocked(name)
	t.last++
	entry := group.Entry{Data: bytes.Clone(data), Position: group.Position{Epoch: "e", Offset: t.last}}
	t.stored = append(t.stored, entry)
	if len(t.stored) > b.limit {
		t.trimmed = t.stored[0].Position.Offset
		t.stored = t.stored[1:]
	}
	for _, s := range t.subscriptions {
		s.queue = append(s.queue, group.Event{Entry: entry})
		s.wake.Signal()
	}
	return ctx.Err()
}

func (b *broker) Subscribe(_ context.Context, name string, receive func(group.Event)) (io.Closer, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	s := &subscription{broker: b, wake: sync.NewCond(&b.mu)}
	t := b.topicLocked(name)
	t.subscriptions = append(t.subscriptions, s)
	go s.deliver(receive)
	return s, nil
}

func (s *subscription) deliver(receive func(group.Event)) {
	s.broker.mu.Lock()
	defer s.broker.mu.Unlock()
	for {
		for len(s.queue) == 0 && !s.closed {
			s.wake.Wait()
		}
		if s.closed {
			return
		}
		next := s.queue[0]
		s.queue = s.queue[1:]
		s.broker.mu.Unlock()
		receive(next)
		s.broker.mu.Lock()
	}
}

func (s *subscription) Close() error {
	s.broker.mu.Lock()
	defer s.broker.mu.Unlock()
	s.closed = true
	s.wake.Signal()
	return nil
}

func (b *broker) Recent(_ context.Context, name string, n int) ([]group.Entry, group.Position, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	t := b.topicLocked(name)
	return slices.Clone(t.stored[max(0, len(t.stored)-n):]), group.Position{Epoch: "e", Offset: t.last}, nil
}

func (b *broker) After(_ context.Context, name string, after group.Position, limit int) ([]group.Entry, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	t := b.topicLocked(name)
	if after.Epoch != "e" || after.Offset < t.trimmed || after.Offset > t.last || t.last-after.Offset > uint64(max(limit, 0)) {
		return nil, group.ErrCannotResume
	}
	return slices.Clone(t.stored[uint64(len(t.stored))-(t.last-after.Offset):]), nil
}

func open(*testing.T) (group.Broker, group.Broker) {
	b := &broker{limit: 100, topics: map[string]*topic{}}
	return b, b
}

func TestBrokerInMemory(t *testing.T) { TestBroker(t, open) }

func TestHistoryInMemory(t *testing.T) { TestHistory(t, open) }

func TestOneOrderInMemory(t *testing.T) { TestOneOrder(t, open) }
