package redis

import (
	"context"
	"errors"
	"sync"

	"github.com/handset-go/handset/group"
)

const (
	// itemSize is what an item of a queue takes besides its data.
	itemSize = 64

	// ownQueueSize is what each subscription may store although the queues of all are
	// full.
	ownQueueSize = 64 << 10
)

var errSlow = errors.New("redis: subscription received too slowly, messages were dropped")

// A subscription calls the receive function of one Subscribe. The goroutine that reads from
// Redis adds items to its queue. A goroutine of its own, which exists while the queue is
// not empty, calls receive, so that no subscription waits for another.
type subscription struct {
	broker  *Broker
	group   string
	receive func(group.Event)
	ready   chan error      // receives once: that the subscription is active, or why not
	ctx     context.Context // cancelled when the subscription is closed
	cancel  context.CancelFunc

	channel *channel // guarded by events.mu
	active  bool     // Redis has confirmed the channel; guarded by events.mu

	mu       sync.Mutex
	closed   bool
	queue    []item
	size     int  // of the items in the queue and of the one that is processed
	draining bool // there is a goroutine

	// With a history; these belong to the goroutine.
	begun bool           // last has been set
	last  group.Position // of the last message; the zero Position if it is not known
}

// An item of a queue is a message, or says that the subscription begins or has missed
// messages.
type item struct {
	data   string
	begin  bool
	missed error
}

func (i item) size() int { return itemSize + len(i.data) }

func newSubscription(b *Broker, group string, receive func(group.Event)) *subscription {
	s := &subscription{broker: b, group: group, receive: receive, ready: make(chan error, 1)}
	s.ctx, s.cancel = context.WithCancel(b.ctx)
	return s
}

// activateLocked is called, with events.mu, when Redis has confirmed the channel. If the
// subscription was active before, messages may have been lost meanwhile, because of err.
func (s *subscription) activateLocked(err error) {
	switch {
	case s.active:
		s.push(item{missed: err})
	case s.broker.history != nil:
		s.push(item{begin: true})
	default:
		s.begin(nil)
	}
	s.active = true
}

// begin has Subscribe return.
func (s *subscription) begin(err error) {
	select {
	case s.ready <- err:
	default: // it has returned
	}
}

// refuseLocked is called, with events.mu, when Redis has refused the channel.
func (s *subscription) refuseLocked(err error) {
	if s.active {
		s.push(item{missed: err})
		return
	}
	s.begin(err)
}

// push adds an item to the queue. If a message does not fit, it is noted as missed.
func (s *subscription) push(i item) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return
	}
	if i.missed == nil && !i.begin && !s.fitsLocked(i.size()) {
		i = item{missed: errSlow}
	}
	if n := len(s.queue); i.missed != nil && n > 0 && s.queue[n-1].missed != nil {
		return // the last item says it already
	}
	s.queue = append(s.queue, i)
	s.addSizeLocked(i.size())
	if !s.draining {
		s.draining = true
		go s.drain()
	}
}

// fitsLocked reports whether there is space for n bytes. A message always fits into an empty
// queue.
func (s *subscription) fitsLocked(n int) bool {
	options := &s.broker.options
	return s.size == 0 || s.size+n <= ownQueueSize ||
		s.size+n <= options.PendingBytes && s.broker.queued.Load()+int64(n) <= int64(options.TotalPendingBytes)
}

// addSizeLocked adds n to the bytes in the queue.
func (s *subscription) addSizeLocked(n int) {
	s.size += n
	s.broker.queued.Add(int64(n))
}

// drain processes items until the queue is empty or the subscription is closed.
func (s *subscription) drain() {
	var batch []item
	for {
		batch = s.swap(batch[:0])
		if len(batch) == 0 {
			return
		}
		for k, i := range batch {
			batch[k] = item{} // frees the data
			if !s.isClosed() {
				s.process(i)
			}
			s.processed(i)
		}
	}
}

// swap takes all items of the queue, whose space is then that of empty.
func (s *subscription) swap(empty []item) []item {
	s.mu.Lock()
	defer s.mu.Unlock()
	batch := s.queue
	s.queue = empty
	if len(batch) == 0 {
		s.queue = nil
		s.draining = false
	}
	return batch
}

// processed frees the space of an item.
func (s *subscription) processed(i item) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.addSizeLocked(-i.size())
}

// process calls receive for an item.
func (s *subscription) process(i item) {
	switch {
	case s.broker.history != nil:
		s.processStored(i)
	case i.missed != nil:
		s.receive(group.Event{Gap: i.missed})
	default:
		s.receive(group.Event{Entry: group.Entry{Data: []byte(i.data)}})
	}
}

func (s *subscription) isClosed() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.closed
}

// Close implements io.Closer. It does not wait for receive.
func (s *subscription) Close() error {
	s.cancel()
	s.broker.events.remove(s)
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closed {
		s.closed = true
		for _, i := range s.queue {
			s.addSizeLocked(-i.size())
		}
		s.queue = nil
	}
	return nil
}
