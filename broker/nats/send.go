package nats

import (
	"context"
	"sync/atomic"

	natsgo "github.com/nats-io/nats.go"
)

// An outgoing is a message that waits to be passed to the nats.Conn.
type outgoing struct {
	subject, reply string
	header         natsgo.Header // or nil
	data           []byte
	taken          atomic.Bool // by the goroutine that sends, or by the caller that does not wait any more
	done           chan error
}

// send passes a message to the nats.Conn. After nil, the message has been written to the
// connection, or will be, unless it is lost, which the channel tells, and the caller calls
// confirmed later. After an error that wraps group.ErrUnavailable or group.ErrTooLarge it
// is certainly not published.
func (c *connection) send(ctx context.Context, o *outgoing) (lost <-chan struct{}, err error) {
	lost, up := c.state()
	switch {
	case c.isClosing():
		return nil, ErrClosed
	case !up:
		return nil, errNoConn
	}
	c.unconfirmed.Add(int64(len(o.data)))
	if c.tryDirect() {
		err = c.sendOne(o)
		c.sending.RUnlock()
	} else {
		err = c.sendByOutbox(ctx, lost, o)
	}
	if err != nil {
		c.unconfirmed.Add(-int64(len(o.data)))
	}
	return lost, err
}

// sendByOutbox leaves it to the goroutine of sendAll to send a message.
func (c *connection) sendByOutbox(ctx context.Context, lost <-chan struct{}, o *outgoing) error {
	o.done = make(chan error, 1)
	select {
	case c.outbox <- o:
		return o.wait(ctx, lost, c.closing)
	case <-lost:
		return errNoConn
	case <-c.closing:
		return ErrClosed
	case <-ctx.Done():
		return ctx.Err()
	}
}

// maxDirect is how many bytes may be unconfirmed for a goroutine that publishes to use the
// nats.Conn itself. The operating system takes that much without waiting.
const maxDirect = 16 << 10

// tryDirect reports whether the nats.Conn can be used without waiting for the network. If
// so, the caller calls sending.RUnlock afterwards.
func (c *connection) tryDirect() bool {
	return !c.stuck.Load() && c.unconfirmed.Load() <= maxDirect && len(c.outbox) == 0 && c.sending.TryRLock()
}

// confirmed is called when n bytes that were sent are confirmed, lost, or not waited for any
// more.
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
		before, after = ErrClosed, errLost
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
	return publishError(c.PublishMsg(&natsgo.Msg{Subject: o.subject, Reply: o.reply, Header: o.header, Data: o.data}))
}
