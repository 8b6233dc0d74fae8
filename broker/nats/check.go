package nats

import (
	"context"
	"time"
)

// checkInterval is the time between two checks of all subscriptions.
const checkInterval = 10 * time.Second

// checkAll checks in intervals whether the stream has messages that did not arrive, of
// which no later message tells, for example because the leader of the stream has changed or the
// servers of a cluster have lost each other for a moment.
func (b *JetStream) checkAll() {
	ticker := time.NewTicker(checkInterval)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			_ = b.checkOnce(b.ctx) // after an error, the next one
		case <-b.ctx.Done():
			return
		}
	}
}

// checkOnce lets subscriptions read from the stream if they have not received what was
// stored at the check before, or if the stream is a new one.
func (b *JetStream) checkOnce(ctx context.Context) error {
	subscriptions := b.subscriptions.all()
	if len(subscriptions) == 0 {
		return nil
	}
	info, err := b.info(ctx)
	if err != nil {
		return err
	}
	for _, s := range subscriptions {
		if s.late(epoch(info)) {
			s.fallBehind()
		}
		if !s.needsCheck(info.State.LastSeq) {
			continue
		}
		newest, err := b.lastSequence(ctx, s.name)
		if err != nil {
			return err
		}
		s.expect(newest)
	}
	return nil
}

// late reports whether the subscription is not where it was expected to be. While it
// receives, it is not checked, because that may take long.
func (s *streamSubscription) late(epoch string) bool {
	if !s.mu.TryLock() {
		return false
	}
	defer s.mu.Unlock()
	return !s.behind && (s.epoch != epoch || s.expected > s.last)
}

// needsCheck reports whether the stream may have messages that have not arrived.
func (s *streamSubscription) needsCheck(last uint64) bool {
	if !s.mu.TryLock() {
		return false
	}
	defer s.mu.Unlock()
	return !s.behind && last > s.last
}

// expect remembers that a message should have arrived by the next check.
func (s *streamSubscription) expect(sequence uint64) {
	if s.mu.TryLock() {
		s.expected = sequence
		s.mu.Unlock()
	}
}
