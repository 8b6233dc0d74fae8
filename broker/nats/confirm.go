package nats

import (
	"context"
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
	err     error
	refusal error // of a permission, by the server, since the round trip before
}

// confirm waits until the server has processed all that was sent before, or the connection
// is lost. It returns an error that the server has reported meanwhile.
func (c *connection) confirm(ctx context.Context, lost <-chan struct{}) (refusal, err error) {
	trip := c.nextRoundTrip()
	timeout := time.NewTimer(answerTimeout)
	defer timeout.Stop()
	select {
	case <-trip.done:
		if trip.err != nil {
			return nil, fmt.Errorf("%w: %w", errLost, trip.err)
		}
		return trip.refusal, nil
	case <-lost:
		return nil, errLost
	case <-timeout.C:
		return nil, errUnproved
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// nextRoundTrip returns a round trip that begins later.
func (c *connection) nextRoundTrip() *roundTrip {
	f := &c.confirmation
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.next == nil {
		f.next = &roundTrip{done: make(chan struct{})}
	}
	if !f.running {
		f.running = true
		c.run(c.roundTrips)
	}
	return f.next
}

// roundTrips makes round trips as long as somebody waits for one.
func (c *connection) roundTrips() {
	f := &c.confirmation
	for {
		f.mu.Lock()
		trip := f.next
		f.next = nil
		f.running = trip != nil
		f.mu.Unlock()
		if trip == nil {
			return
		}
		trip.err = c.FlushTimeout(answerTimeout)
		if err := c.LastError(); err != f.lastErr {
			f.lastErr = err
			if refusesSome(err, "Publish to") {
				trip.refusal = err
			}
		}
		close(trip.done)
	}
}
