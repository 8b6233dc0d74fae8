package nats

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/handset-go/handset/group"
	natsgo "github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// A streamSubscription is a subscription of a JetStream. It receives messages live, as the
// server publishes them, and knows by their sequences if it has missed some. Then it is
// behind: it ignores live messages and reads from the stream, until it has read
// the last one that it has ignored.
type streamSubscription struct {
	broker *JetStream
	name   string
	sub    *natsgo.Subscription
	closed atomic.Bool

	mu       sync.Mutex // held while receive runs
	receive  func(group.Event)
	epoch    string
	last     uint64    // sequence of the last message, or of the stream when the subscription began
	lastTime time.Time // when that was stored
	dropped  int       // messages that the nats.Conn has dropped
	behind   bool
	ignored  uint64 // the largest sequence that was ignored since the last read began
	expected uint64 // the sequence that was stored at the last check
}

// begin makes the position of the stream the one of the subscription, which is active.
func (s *streamSubscription) begin(ctx context.Context) error {
	info, err := s.broker.info(ctx)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.setLocked(info)
	s.behind = false
	if s.ignored > s.last {
		s.fallBehindLocked(s.ignored)
	}
	return nil
}

// setLocked makes the end of the stream the position.
func (s *streamSubscription) setLocked(info *jetstream.StreamInfo) {
	s.epoch, s.last, s.lastTime = epoch(info), info.State.LastSeq, info.State.LastTime
	s.expected = 0
}

// Close implements io.Closer.
func (s *streamSubscription) Close() error {
	s.broker.mu.Lock()
	delete(s.broker.subscriptions, s)
	s.broker.mu.Unlock()
	if !s.closed.Swap(true) && s.sub != nil {
		s.broker.conn.unsubscribe(s.sub)
	}
	return nil
}

// handle is called for each live message by the goroutine of the nats.Subscription.
func (s *streamSubscription) handle(m *natsgo.Msg) {
	sequence, err := strconv.ParseUint(m.Header.Get("Nats-Sequence"), 10, 64)
	previous, err2 := strconv.ParseUint(m.Header.Get("Nats-Last-Sequence"), 10, 64)
	stamp, err3 := time.Parse(time.RFC3339Nano, m.Header.Get("Nats-Time-Stamp"))
	if err != nil || err2 != nil || err3 != nil {
		return // not from the stream
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	dropped, _ := m.Sub.Dropped()
	if dropped > s.dropped {
		s.dropped = dropped
		s.fallBehindLocked(sequence)
	}
	switch {
	case s.behind:
		s.ignored = max(s.ignored, sequence)
	case sequence <= s.last && !stamp.After(s.lastTime):
		// It was read from the stream.
	case sequence <= s.last, previous > s.last: // the stream is a new one, or a message is missing
		s.fallBehindLocked(sequence)
	default:
		s.deliverLocked(stored{sequence, m.Data})
		s.lastTime = stamp
	}
}

func (s *streamSubscription) deliverLocked(m stored) {
	s.last = m.sequence
	s.eventLocked(group.Event{Entry: m.entry(s.epoch)})
}

func (s *streamSubscription) eventLocked(event group.Event) {
	if !s.closed.Load() {
		s.receive(event)
	}
}

// gap reports a gap.
func (s *streamSubscription) gap(err error) {
	go func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.eventLocked(group.Event{Gap: err})
	}()
}

// fallBehind makes the subscription read what it may have missed.
func (s *streamSubscription) fallBehind() {
	go func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.fallBehindLocked(math.MaxUint64) // at least one more read
	}()
}

// fallBehindLocked begins to read from the stream, at least as far as a sequence.
func (s *streamSubscription) fallBehindLocked(sequence uint64) {
	s.ignored = max(s.ignored, sequence)
	if !s.behind && !s.closed.Load() {
		s.behind = true
		go s.catchUp()
	}
}

// catchUp reads from the stream until nothing is missing.
func (s *streamSubscription) catchUp() {
	b := s.broker
	delay := retryDelay
	for {
		err := s.catchUpOnce()
		switch {
		case err == nil || s.closed.Load() || b.ctx.Err() != nil:
			return
		case err == errMore:
			delay = retryDelay
			continue
		}
		select {
		case <-time.After(delay):
			delay = min(2*delay, time.Second)
		case <-b.ctx.Done():
			return
		}
	}
}

// errMore is returned by catchUpOnce if it must be called again at once.
var errMore = errors.New("nats: there are more messages")

// catchUpOnce reads what is missing. It returns nil if nothing is missing any more.
func (s *streamSubscription) catchUpOnce() error {
	b := s.broker
	b.reading <- struct{}{}
	defer func() { <-b.reading }()
	s.mu.Lock()
	s.ignored = 0
	after := group.Position{Epoch: s.epoch, Offset: s.last}
	s.mu.Unlock()
	messages, info, err := b.after(b.ctx, s.name, after, math.MaxInt)
	if err != nil && !errors.Is(err, group.ErrCannotResume) {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil {
		s.setLocked(info)
		s.eventLocked(group.Event{Gap: fmt.Errorf("nats: missed messages are no longer stored: %w", err)})
		return errMore
	}
	for _, m := range messages {
		s.deliverLocked(m)
	}
	if s.ignored > s.last {
		return errMore
	}
	s.lastTime = info.State.LastTime
	s.behind = false
	return nil
}
