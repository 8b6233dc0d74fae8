package ws

import (
	"context"
	"sync/atomic"
)

// turn is the right to read a stream: one reader has it at a time.
type turn struct{ of atomic.Pointer[reader] }

// reader is one who has the turn.
type reader struct {
	done chan struct{} // of drain: closed when it gives the turn back
}

// application is the reader that is not drain.
var application = new(reader)

// take takes the turn. From drain it is taken over when drain is done.
func (t *turn) take(ctx context.Context) error {
	if ctx == nil {
		return errNilContext
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	for {
		drained, err := t.try()
		if drained == nil {
			return err
		}
		select {
		case <-drained:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// take takes the turn for the application. When the session has ended, ctx
// does not matter: what has arrived is still received, and then why the session
// has ended, without any waiting.
func (m *MessageStream) take(ctx context.Context) error {
	if m == nil || m.conn == nil { // not from Handle
		return ErrClosed
	}
	err := m.turn.take(ctx)
	if err == nil || ctx == nil || err == ErrConcurrentRecv || m.session().ended() == nil {
		return err
	}
	return m.turn.take(context.Background())
}

// try takes the turn without waiting. When drain has it, it returns the channel
// that tells when to try again.
func (t *turn) try() (drained <-chan struct{}, err error) {
	for !t.of.CompareAndSwap(nil, application) {
		switch r := t.of.Load(); {
		case r == nil: // given back in this moment
		case r == application:
			return nil, ErrConcurrentRecv
		default:
			return r.done, nil
		}
	}
	return nil, nil
}

// drains takes the turn for drain, unless somebody is reading.
func (t *turn) drains() bool {
	return t.of.CompareAndSwap(nil, &reader{make(chan struct{})})
}

// give gives the turn back.
func (t *turn) give() {
	if r := t.of.Swap(nil); r != application {
		close(r.done)
	}
}
