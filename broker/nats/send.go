package nats

import (
	"context"
	"sync/atomic"
)

// An outgoing is a message that waits to be passed to the nats.Conn.
type outgoing struct {
	subject, reply string
	data           []byte
	taken          atomic.Bool // by the goroutine that sends, or by the caller that does not wait any more
	done           chan error
}

// send passes a message to the nats.Conn. After nil, the message has been written to the
// connection, or will be, unless it is lost, which the channel tells. After an error that
// wraps group.ErrUnavailable or group.ErrTooLarge it is certainly not published.
func (c *connection) send(ctx context.Context, subject, reply string, data []byte) (lost <-chan struct{}, err error) {
	lost, up := c.state()
	switch {
	case c.isClosing():
		return nil, errClosed
	case !up:
		return nil, errNoConn
	}
	if c.tryDirect(len(data)) {
		defer c.sending.RUnlock()
		return lost, c.sendOne(&outgoing{subject: subject, reply: reply, data: data})
	}
	o := &outgoing{subject: subject, reply: reply, data: data, done: make(chan error, 1)}
	select {
	case c.outbox <- o:
	case <-lost:
		return nil, errNoConn
	case <-c.closing:
		return nil, errClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	return lost, o.wait(ctx, lost, c.closing)
}

// maxDirect is how many bytes may be unconfirmed for a message to be sent by the goroutine
// that publishes it. The operating system takes that much without waiting.
const maxDirect = 16 << 10

// tryDirect reports whether a message of n bytes can be sent without waiting. If so, the
// caller calls sending.RUnlock afterwards.
func (c *connection) tryDirect(n int) bool {
	return !c.stuck.Load() && c.unconfirmed.Load()+int64(n) <= maxDirect && len(c.outbox) == 0 && c.sending.TryRLock()
}

// confirmed is called when bytes are no longer unconfirmed: they are confirmed, lost, or not
// waited for any more.
func (c *connection) confirmed(n int, inTime bool) {
	c.unconfirmed.Add(-int64(n))
	c.stuck.Store(!inTime)
}

// wait waits until the message has been passed to the nats.Conn.
func (o *outgoing) wait(ctx context.Context, lost, closing <-chan struct{}) error {
	var before, after error // what it means if the message has not been taken, and if it has
	select {
	case err := <-o.done:
		return err
	case <-lost:
		before, after = errNoConn, errLost
	case <-closing:
		before, after = errClosed, errLost
	case <-ctx.Done():
		before, after = ctx.Err(), ctx.Err()
	}
	if o.taken.CompareAndSwap(false, true) {
		return before
	}
	select {
	case err := <-o.done: // it has an outcome nevertheless
		if err != nil {
			return err
		}
	default:
	}
	return after
}

// sendAll sends what is in the outbox, in order.
func (c *connection) sendAll() {
	for {
		select {
		case o := <-c.outbox:
			if o.taken.CompareAndSwap(false, true) {
				c.sending.Lock()
				err := c.sendOne(o)
				c.sending.Unlock()
				o.done <- err
			}
		case <-c.closing:
			return
		}
	}
}

// sendOne publishes a message, unless the connection is known to be lost. If it is lost
// at this moment, the nats.Conn may keep the message and send it when the
// connection has come back, so the caller waits for a confirmation.
func (c *connection) sendOne(o *outgoing) error {
	if _, up := c.state(); !up {
		return errNoConn
	}
	if o.reply != "" {
		return publishError(c.PublishRequest(o.subject, o.reply, o.data))
	}
	return publishError(c.Publish(o.subject, o.data))
}
