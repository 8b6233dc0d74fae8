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
// behind: it reads from the stream and keeps what arrives live meanwhile.
type streamSubscription struct {
	broker *JetStream
	name   string
	closed atomic.Bool

	mu       sync.Mutex // held while receive runs
	receive  func(group.Event)
	epoch    string
	last     uint64    // sequence of the last message, or of the stream when the subscription began
	lastTime time.Time // when that was stored
	created  time.Time // when the stream was
	dropped  int       // messages that the nats.Conn has dropped
	behind   bool
	kept     []liveMessage // what has arrived while it is behind
	keptSize int
	ignored  uint64 // the largest sequence that was not kept since the last read began
	expected uint64 // the sequence that was stored at the last check
}

// A liveMessage is a message as the server publishes it.
type liveMessage struct {
	stored
	previous uint64 // sequence of the message of the group before, or 0
	time     time.Time
}

const (
	maxKept      = 1024
	maxKeptBytes = 1 << 20
)

// begin makes the position of the stream the one of the subscription, which is active.
func (s *streamSubscription) begin(ctx context.Context, sub *natsgo.Subscription) error {
	if err := s.broker.subscriptions.activate(s, sub, s.broker.conn); err != nil {
		return err
	}
	if err := s.broker.await(ctx, s.name); err != nil {
		return err
	}
	info, err := s.broker.info(ctx)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.setLocked(info)
	if s.ignored > s.last {
		s.behind = false
		s.fallBehindLocked(s.ignored)
		return nil
	}
	s.notBehindLocked(0)
	return nil
}

// setLocked makes the end of the stream the position.
func (s *streamSubscription) setLocked(info *jetstream.StreamInfo) {
	s.epoch, s.last, s.lastTime = epoch(info), info.State.LastSeq, info.State.LastTime
	s.created, s.expected = info.Created, 0
}

// Close implements io.Closer.
func (s *streamSubscription) Close() error {
	s.closed.Store(true)
	s.broker.subscriptions.remove(s, s.broker.conn)
	return nil
}

// handle is called for each live message by the goroutine of the nats.Subscription.
func (s *streamSubscription) handle(m *natsgo.Msg) {
	live, ok := parseLive(m)
	if !ok {
		return // not from the stream
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	dropped, _ := m.Sub.Dropped()
	if dropped > s.dropped {
		s.dropped = dropped
		s.fallBehindLocked(live.sequence)
	}
	s.handleLocked(live)
}

// parseLive returns a message with what the server has added to its headers.
func parseLive(m *natsgo.Msg) (liveMessage, bool) {
	sequence, err1 := strconv.ParseUint(m.Header.Get("Nats-Sequence"), 10, 64)
	previous, err2 := strconv.ParseUint(m.Header.Get("Nats-Last-Sequence"), 10, 64)
	stamp, err3 := time.Parse(time.RFC3339Nano, m.Header.Get("Nats-Time-Stamp"))
	return liveMessage{stored{sequence, m.Data}, previous, stamp}, err1 == nil && err2 == nil && err3 == nil
}

func (s *streamSubscription) handleLocked(m liveMessage) {
	switch {
	case s.behind:
		s.keepLocked(m)
	case m.time.Before(s.created):
		// The stream has been deleted since and made again.
	case m.sequence <= s.last && !m.time.After(s.lastTime):
		// It was read from the stream.
	case m.sequence <= s.last, m.previous > s.last: // the stream is a new one, or a message is missing
		s.fallBehindLocked(m.sequence)
		s.keepLocked(m)
	default:
		s.lastTime = m.time
		s.deliverLocked(m.stored)
	}
}

// keepLocked keeps a message until the ones before it have been read, if it is not too much.
func (s *streamSubscription) keepLocked(m liveMessage) {
	size := s.keptSize + len(m.data)
	if len(s.kept) >= maxKept || size > maxKeptBytes {
		s.ignored = max(s.ignored, m.sequence)
		return
	}
	s.kept, s.keptSize = append(s.kept, m), size
}

// notBehindLocked is called when nothing is missing that was stored before a read
// began. Of what is kept, n messages were kept by then: none can be missing before them.
func (s *streamSubscription) notBehindLocked(n int) {
	kept := s.kept
	s.behind, s.kept, s.keptSize = false, nil, 0
	for i, m := range kept {
		if i < n && m.previous > s.last {
			continue // of a stream that is no longer there
		}
		s.handleLocked(m)
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
	s.mu.Lock()
	s.ignored = 0
	kept := len(s.kept)
	after := group.Position{Epoch: s.epoch, Offset: s.last}
	s.mu.Unlock()
	messages, info, err := s.broker.afterInTurn(s.name, after)
	if err != nil && !errors.Is(err, group.ErrCannotResume) {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil {
		s.setLocked(info)
		s.kept, s.keptSize = nil, 0
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
	s.notBehindLocked(kept)
	return nil
}

// afterInTurn returns all messages after a position, when not too many other subscriptions
// read.
func (b *JetStream) afterInTurn(name string, after group.Position) ([]stored, *jetstream.StreamInfo, error) {
	b.reading <- struct{}{}
	defer func() { <-b.reading }()
	if err := b.await(b.ctx, name); err != nil {
		return nil, nil, err
	}
	return b.after(b.ctx, name, after, math.MaxInt)
}
