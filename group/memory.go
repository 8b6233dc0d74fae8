package group

import (
	"cmp"
	"context"
	"crypto/rand"
	"io"
	"slices"
	"sync"
	"time"
)

// A MemoryBroker is a Broker, with a History, for one process. Its zero value is ready to
// use. It must not be copied or modified after first use.
//
// All subscriptions of a group receive its messages in the same order. No message is
// lost, so there are no gaps. A message is delivered by the goroutine that publishes
// it, before Publish returns, unless another message of the group is being delivered;
// then it waits in a queue, and Publish returns. If 256 messages are in the queue,
// Publish waits.
type MemoryBroker struct {
	// History is the number of messages that are stored for each group. Zero or less
	// means none: Groups.Resume then returns ErrCannotResume, Groups.JoinRecent sends
	// nothing and returns the zero Position, and messages have no Position.
	History int

	// Retention is how long the history of a group is kept after its last message and
	// its last subscription. After that, the positions of the group are of a new
	// epoch. Zero means 5 minutes; a negative value means that it is not kept. The
	// memory in use is that of History messages for each group that has a subscription
	// or has been used within this time.
	Retention time.Duration

	mu     sync.Mutex // locked before topic.mu
	topics map[string]*topic
}

const (
	defaultRetention = 5 * time.Minute
	maxUndelivered   = 256
)

// A topic is a group in a MemoryBroker.
type topic struct {
	broker *MemoryBroker
	name   string

	// Guarded by MemoryBroker.mu.
	users int         // subscriptions, and calls in progress
	uses  int         // how often acquire has returned the topic
	timer *time.Timer // deletes the topic when it has not been used for a time

	mu            sync.Mutex
	subscriptions []*subscription // replaced, never modified
	undelivered   []Entry
	delivering    bool          // a goroutine delivers
	space         chan struct{} // closed when a message is taken from undelivered; nil if nobody waits
	stored        []Entry       // at most MemoryBroker.History
	last          Position      // of the newest message; the zero Position without a history
}

// A subscription is a subscription to a topic.
type subscription struct {
	topic   *topic
	receive func(Event)
	once    sync.Once
}

// Publish implements Broker.
func (b *MemoryBroker) Publish(ctx context.Context, group string, data []byte) error {
	t := b.acquire(group)
	defer b.release(t)
	first, err := t.accept(ctx, data)
	if first {
		defer t.continueDelivery() // also if receive panics
		t.deliverNext()
	}
	return err
}

// Subscribe implements Broker.
func (b *MemoryBroker) Subscribe(_ context.Context, group string, receive func(Event)) (io.Closer, error) {
	t := b.acquire(group) // Close releases it
	s := &subscription{topic: t, receive: receive}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.subscriptions = append(slices.Clip(t.subscriptions), s)
	return s, nil
}

// Close ends a subscription.
func (s *subscription) Close() error {
	s.once.Do(func() {
		t := s.topic
		t.mu.Lock()
		i := slices.Index(t.subscriptions, s)
		t.subscriptions = slices.Delete(slices.Clone(t.subscriptions), i, i+1)
		t.mu.Unlock()
		t.broker.release(t)
	})
	return nil
}

// Recent implements History.
func (b *MemoryBroker) Recent(_ context.Context, group string, n int) ([]Entry, Position, error) {
	t := b.acquire(group)
	defer b.release(t)
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Clone(t.stored[len(t.stored)-min(max(n, 0), len(t.stored)):]), t.last, nil
}

// After implements History.
func (b *MemoryBroker) After(_ context.Context, group string, after Position, limit int) ([]Entry, error) {
	t := b.acquire(group)
	defer b.release(t)
	t.mu.Lock()
	defer t.mu.Unlock()
	if b.History <= 0 || after.Epoch != t.last.Epoch || after.Offset > t.last.Offset {
		return nil, ErrCannotResume
	}
	missed := t.last.Offset - after.Offset
	if missed > uint64(len(t.stored)) || missed > uint64(max(limit, 0)) {
		return nil, ErrCannotResume
	}
	return slices.Clone(t.stored[len(t.stored)-int(missed):]), nil
}

// acquire returns the topic of a group, which it makes if there is none. The caller
// must call release.
func (b *MemoryBroker) acquire(group string) *topic {
	b.mu.Lock()
	defer b.mu.Unlock()
	t := b.topics[group]
	if t == nil {
		t = &topic{broker: b, name: group}
		if b.History > 0 {
			t.last.Epoch = rand.Text()[:8]
		}
		if b.topics == nil {
			b.topics = map[string]*topic{}
		}
		b.topics[group] = t
	}
	t.users++
	t.uses++
	if t.timer != nil {
		t.timer.Stop()
	}
	return t
}

// release deletes a topic that is not used any more, at once if it has no history.
func (b *MemoryBroker) release(t *topic) {
	b.mu.Lock()
	defer b.mu.Unlock()
	t.users--
	switch {
	case t.users > 0:
	case b.History <= 0:
		delete(b.topics, t.name)
	default:
		uses := t.uses
		t.timer = time.AfterFunc(cmp.Or(b.Retention, defaultRetention), func() { b.expire(t, uses) })
	}
}

// expire deletes a topic unless it has been used again.
func (b *MemoryBroker) expire(t *topic, uses int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if t.uses == uses {
		delete(b.topics, t.name)
	}
}

// accept gives a message its position and adds it to the queue, for which it waits until
// there is space. It reports whether the caller must deliver it.
func (t *topic) accept(ctx context.Context, data []byte) (bool, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for len(t.undelivered) >= maxUndelivered {
		if err := t.waitLocked(ctx); err != nil {
			return false, err
		}
	}
	entry := Entry{Data: data}
	if n := t.broker.History; n > 0 {
		t.last.Offset++
		entry.Position = t.last
		t.stored = append(t.stored, entry)
		if len(t.stored) > n {
			t.stored[0] = Entry{} // its place is freed when append next copies the others
			t.stored = t.stored[1:]
		}
	}
	t.undelivered = append(t.undelivered, entry)
	first := !t.delivering
	t.delivering = true
	return first, nil
}

// waitLocked waits until a message is taken from the queue, without the lock.
func (t *topic) waitLocked(ctx context.Context) error {
	if t.space == nil {
		t.space = make(chan struct{})
	}
	space := t.space
	t.mu.Unlock()
	defer t.mu.Lock()
	select {
	case <-space:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// deliverNext delivers the first message of the queue. The caller must then call hasNext.
func (t *topic) deliverNext() {
	entry, subscriptions := t.take()
	for _, s := range subscriptions {
		s.receive(Event{Entry: entry})
	}
}

// hasNext reports whether others have published messages meanwhile. The caller must then
// deliver them. Otherwise the next message is delivered by the goroutine that publishes it.
func (t *topic) hasNext() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.delivering = len(t.undelivered) > 0
	return t.delivering
}

// continueDelivery has the queue delivered by another goroutine, until it is empty.
func (t *topic) continueDelivery() {
	if !t.hasNext() {
		return
	}
	go func() {
		t.deliverNext()
		for t.hasNext() {
			t.deliverNext()
		}
	}()
}

// take takes the first message of the queue, and returns the subscriptions to deliver it to.
func (t *topic) take() (Entry, []*subscription) {
	t.mu.Lock()
	defer t.mu.Unlock()
	entry := t.undelivered[0]
	t.undelivered = slices.Delete(t.undelivered, 0, 1)
	if t.space != nil {
		close(t.space)
		t.space = nil
	}
	return entry, t.subscriptions
}
