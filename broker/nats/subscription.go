package nats

import (
	"sync"
	"sync/atomic"

	"github.com/handset-go/handset/group"
	natsgo "github.com/nats-io/nats.go"
)

// A subscription is a subscription of a Broker.
type subscription struct {
	broker *Broker
	closed atomic.Bool
	lost   atomic.Pointer[error] // a gap that has not been reported, or nil

	mu      sync.Mutex // held while receive runs
	receive func(group.Event)
	dropped int // messages that the nats.Conn has dropped, as far as they are noticed
	due     int // number of messages before the gap of those is reported; 0 if there is none
}

// Close implements io.Closer.
func (s *subscription) Close() error {
	s.closed.Store(true)
	s.broker.subscriptions.remove(s, s.broker.conn)
	return nil
}

// handle is called for each message by the goroutine of the nats.Subscription.
func (s *subscription) handle(m *natsgo.Msg) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reportLocked()
	s.noticeDroppedLocked(m.Sub)
	s.eventLocked(group.Event{Entry: group.Entry{Data: m.Data}})
	s.reportDroppedLocked(m.Sub)
}

// gap reports a gap, in the order of the messages as far as they have been handled.
func (s *subscription) gap(err error) {
	if s.lost.Swap(&err) == nil {
		go func() {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.reportLocked()
		}()
	}
}

// reportLocked reports a gap that has not been reported.
func (s *subscription) reportLocked() {
	if err := s.lost.Swap(nil); err != nil {
		s.eventLocked(group.Event{Gap: *err})
	}
}

// noticeDroppedLocked notices that messages have been dropped because too many are
// pending. The pending ones are older than the last one that was dropped.
func (s *subscription) noticeDroppedLocked(sub *natsgo.Subscription) {
	dropped, err := sub.Dropped()
	if err != nil || dropped == s.dropped || s.due > 0 {
		return
	}
	if pending, _, err := sub.Pending(); err == nil {
		s.dropped, s.due = dropped, max(pending, 1)
	}
}

// reportDroppedLocked reports the gap of dropped messages when those that were pending
// have been received.
func (s *subscription) reportDroppedLocked(sub *natsgo.Subscription) {
	if s.due == 0 {
		return
	}
	if s.due--; s.due > 0 {
		return
	}
	// If no other message is pending, none will notice what has been dropped meanwhile.
	dropped, err := sub.Dropped()
	if pending, _, pendingErr := sub.Pending(); err == nil && pendingErr == nil && pending <= 1 {
		s.dropped = dropped
	}
	s.eventLocked(group.Event{Gap: errSlow})
}

func (s *subscription) eventLocked(event group.Event) {
	if !s.closed.Load() {
		s.receive(event)
	}
}
