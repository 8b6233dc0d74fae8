package ws

import (
	"context"
	"errors"
	"io"
	"iter"
)

// All returns the messages as a sequence for a range loop. It yields each
// message, then the first error of Recv, if any, and stops. After a Close
// message it stops without an error. Data is valid until the next iteration.
// When ctx has ended, the next iteration yields its error, even if messages
// have arrived. Breaking out of the loop, or the end of ctx, leaves the stream
// usable. As in Recv, ctx is ignored after the session has ended.
func (m *MessageStream) All(ctx context.Context) iter.Seq2[Message, error] {
	return m.all(ctx, m)
}

// all implements All of both streams.
func (m *MessageStream) all(ctx context.Context, v view) iter.Seq2[Message, error] {
	return func(yield func(Message, error) bool) { m.rangeOver(ctx, v, yield) }
}

// rangeOver locks the stream, passes the messages to yield, and unlocks. It is the only
// function between a program and the body of its loop, so that the stack stays small.
func (m *MessageStream) rangeOver(ctx context.Context, v view, yield func(Message, error) bool) {
	if err := m.lock(ctx); err != nil {
		yieldError(err, yield)
		return
	}
	defer m.unlock(true)
	var err error
	for err == nil || err == ErrMessageTooBig {
		// A context ends the loop though messages may have arrived, unless the end of the
		// session is why it has ended.
		if err = ctx.Err(); err == nil || m.session().ended() != nil {
			err = m.recv(ctx, v)
		}
		if err == io.EOF {
			return
		}
		var msg Message
		if err == nil {
			msg.set(&m.in.input.Event) // before a background reader may have the input
		}
		m.beforeBody()
		if !yield(msg, err) {
			return
		}
		m.in.lock.endBody()
	}
}

// yieldError is not inlined, so that rangeOver's frame stays small.
//
//go:noinline
func yieldError(err error, yield func(Message, error) bool) { yield(Message{}, err) }

// beforeBody allows a background reader to read while the loop's body runs. It is not
// inlined, so that rangeOver's frame stays small.
//
//go:noinline
func (m *MessageStream) beforeBody() {
	m.in.lock.beginBody()
	if x := m.extra.Load(); x != nil && x.readsOn.Load() {
		m.readOnLater()
	}
}

var errUnwanted = errors.New("data for a session that only sends")

// Discard starts a goroutine that reads the stream and drops data messages, for
// a program that only sends. Pings and the peer's Close frame are answered, and
// a lost connection is noticed. After RefuseData, a data message fails the
// session instead. Discard does not block. It returns ErrConcurrentRecv if the
// stream has a reader; otherwise Discard is the reader until the session ends.
func (m *MessageStream) Discard() error {
	if m.transport == nil { // not from Handle or Dial
		return ErrClosed
	}
	background, err := m.in.lock.tryLock()
	if err != nil {
		return err
	}
	go m.discard(background)
	return nil
}

// RefuseData makes Discard fail the session if the peer sends a data message,
// with a *ProtocolError of ClosePolicyViolation. It must be called before
// Discard. It returns m.
func (m *MessageStream) RefuseData() *MessageStream {
	m.more().refusesData = true
	return m
}

// discard reads until the stream ends. The application holds the read lock, unless a
// background reader, given as background, must stop first.
func (m *MessageStream) discard(background *lockHolder) {
	if background != nil {
		if _, err := m.in.lock.lockContext(context.Background()); err != nil {
			return
		}
	}
	defer m.unlock(true)
	refuses := m.more().refusesData
	for m.recv(context.Background(), m) == nil {
		if refuses && !m.in.input.Event.Opcode.Control() {
			m.violated(&ProtocolError{ClosePolicyViolation, errUnwanted})
			return
		}
	}
}
