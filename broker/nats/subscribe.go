package nats

import (
	"context"
	"errors"
	"fmt"

	natsgo "github.com/nats-io/nats.go"
)

// maxAttempts limits how often a subscription is made again because the server has
// refused something else meanwhile.
const maxAttempts = 20

// subscribe makes a subscription and waits until it is active at the server.
func (c *connection) subscribe(ctx context.Context, subject string, handle natsgo.MsgHandler, limits Options) (*natsgo.Subscription, error) {
	if c.isClosing() {
		return nil, ErrClosed
	}
	type result struct {
		sub *natsgo.Subscription
		err error
	}
	results, abandoned := make(chan result), make(chan struct{})
	go func() {
		sub, err := c.subscribeActive(ctx, subject, handle, limits)
		select {
		case results <- result{sub, err}:
		case <-abandoned:
			if err == nil {
				_ = sub.Unsubscribe()
			}
		}
	}()
	defer close(abandoned)
	select {
	case r := <-results:
		return r.sub, r.err
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-c.closing:
		return nil, ErrClosed
	}
}

// subscribeActive makes a subscription until the server has confirmed it without
// refusing anything. A nats.Conn keeps only the last error of the server, which may
// belong to another subscription.
func (c *connection) subscribeActive(ctx context.Context, subject string, handle natsgo.MsgHandler, limits Options) (*natsgo.Subscription, error) {
	for range maxAttempts {
		before := c.LastError()
		sub, err := c.Subscribe(subject, handle)
		if err != nil {
			return nil, fmt.Errorf("nats: %w", err)
		}
		_ = sub.SetPendingLimits(limits.PendingMessages, max(limits.PendingBytes, int(c.MaxPayload())+pendingMargin))
		err = c.flush(ctx)
		after := c.LastError()
		if err == nil && (after == before || !refusesSome(after, "Subscription to")) && !errors.Is(after, natsgo.ErrMaxSubscriptionsExceeded) {
			return sub, nil
		}
		_ = sub.Unsubscribe()
		switch {
		case err != nil:
			return nil, err
		case refuses(after, "Subscription to", subject), errors.Is(after, natsgo.ErrMaxSubscriptionsExceeded):
			return nil, fmt.Errorf("nats: server refuses the subscription: %w", after)
		}
	}
	return nil, errSubscribe
}

// flush makes round trips until one succeeds. If the connection is lost, it waits until
// it has come back.
func (c *connection) flush(ctx context.Context) error {
	for {
		err := c.FlushTimeout(answerTimeout)
		switch {
		case err == nil:
			return nil
		case ctx.Err() != nil:
			return ctx.Err()
		case c.isClosing():
			return ErrClosed
		case c.IsClosed():
			return errConnClosed
		}
	}
}

// restored waits until the server has confirmed the subscriptions of a connection that
// has come back. It reports false if the connection is lost again, because restored is then
// called again.
func (c *connection) restored() bool {
	lost, up := c.state()
	for up && !c.isClosing() {
		if err := c.FlushTimeout(answerTimeout); err == nil {
			return true
		}
		select {
		case <-lost:
			return false
		default:
		}
	}
	return false
}
