package nats

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// answerTimeout limits how long an answer of the server is waited for. It is less than
// the time after which a nats.Conn gives up a write and goes on (FlusherTimeout, a
// minute by default), so that no answer belongs to bytes after those that were not written.
const answerTimeout = 10 * time.Second

// A confirmation makes round trips to the server, which processes what a connection sends
// in order: an answer confirms all that was sent before. Those who wait share a round
// trip.
type confirmation struct {
	mu      sync.Mutex
	next    *roundTrip // the one that has not begun, or nil
	running bool
	lastErr error // LastError of the nats.Conn after the last round trip; used by its goroutine
}

// A roundTrip has a result when done is closed.
type roundTrip struct {
	done    chan struct{}
	bytes   int // that it confirms
	err     error
	refusal error // of a permission, by the server, since the round trip before
}

// confirm waits until the server has processed all that was sent before, or the connection
// is lost. Of that, n bytes are the caller's. It returns an error that the server has
// reported meanwhile.
func (c *connection) confirm(ctx context.Context, lost <-chan struct{}, n int) (refusal, err error) {
	if trip := c.tryRoundTrip(ctx, n); trip != nil {
		return trip.result(ctx)
	}
	trip := c.joinRoundTrip(n)
	timeout := time.NewTimer(answerTimeout)
	defer timeout.Stop()
	select {
	case <-trip.done:
		return trip.result(ctx)
	case <-lost:
		return nil, errLost
	case <-timeout.C:
		return nil, errUnproved
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// result returns the result of a round trip that has ended.
func (r *roundTrip) result(ctx context.Context) (refusal, err error) {
	switch {
	case r.err == nil:
		return r.refusal, nil
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case errors.Is(r.err, context.DeadlineExceeded):
		return nil, errUnproved
	}
	return nil, fmt.Errorf("%w: %w", errLost, r.err)
}

// tryRoundTrip makes a round trip without another goroutine, which would cost time, unless
// one is being made or this might have to wait for the network longer than ctx.
func (c *connection) tryRoundTrip(ctx context.Context, n int) *roundTrip {
	if !c.tryDirect() {
		return nil
	}
	defer c.sending.RUnlock()
	f := &c.confirmation
	f.mu.Lock()
	running := f.running
	f.running = true
	f.mu.Unlock()
	if running {
		return nil
	}
	trip := &roundTrip{bytes: n}
	c.makeRoundTrip(ctx, trip)
	if c.nextTrip() != nil {
		c.run(c.roundTrips)
	}
	return trip
}

// joinRoundTrip returns a round trip that begins later, of which n bytes are the caller's.
func (c *connection) joinRoundTrip(n int) *roundTrip {
	f := &c.confirmation
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.next == nil {
		f.next = &roundTrip{done: make(chan struct{})}
	}
	f.next.bytes += n
	if !f.running {
		f.running = true
		c.run(c.roundTrips)
	}
	return f.next
}

// nextTrip returns the round trip that somebody waits for, or nil after which nobody makes
// round trips. It stays the next one.
func (c *connection) nextTrip() *roundTrip {
	f := &c.confirmation
	f.mu.Lock()
	defer f.mu.Unlock()
	f.running = f.next != nil
	return f.next
}

// roundTrips makes round trips as long as somebody waits for one.
func (c *connection) roundTrips() {
	f := &c.confirmation
	for c.nextTrip() != nil {
		f.mu.Lock()
		trip := f.next
		f.next = nil // what is sent from now on needs another one
		f.mu.Unlock()
		c.makeRoundTrip(context.Background(), trip)
		close(trip.done)
	}
}

// makeRoundTrip makes a round trip. Only one is made at a time.
func (c *connection) makeRoundTrip(ctx context.Context, trip *roundTrip) {
	ctx, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	trip.err = c.FlushWithContext(ctx)
	c.confirmed(trip.bytes, trip.err == nil)
	f := &c.confirmation
	if err := c.LastError(); err != f.lastErr {
		f.lastErr = err
		if refusesSome(err, "Publish to") {
			trip.refusal = err
		}
	}
}
