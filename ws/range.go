package ws

import (
	"context"
	"errors"
	"io"
	"iter"
)

// All returns the messages as a sequence for a range loop, which ends after the
// Close message, or after the first error that Recv would return has been
// yielded. Data is valid until the loop goes on. When ctx ends the loop ends
// with its error, though messages may have arrived. A loop that breaks off or
// ends with ctx leaves the stream as it is, for the next reader. As with Recv ctx
// does not matter once the session has ended.
func (m *MessageStream) All(ctx context.Context) iter.Seq2[Message, error] {
	return m.all(ctx, m)
}

// all is All of either stream.
func (m *MessageStream) all(ctx context.Context, v view) iter.Seq2[Message, error] {
	return func(yield func(Message, error) bool) { m.rangeOver(ctx, v, yield) }
}

// rangeOver locks the stream, gives the messages to yield, and unlocks. It is the one
// function between a program and its loop's body, on the stack of both (stack).
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

//go:noinline
func yieldError(err error, yield func(Message, error) bool) { yield(Message{}, err) }

// beforeBody lets a background reader read while the loop's body runs. It is not inlined,
// to keep rangeOver's frame small.
//
//go:noinline
func (m *MessageStream) beforeBody() {
	m.in.lock.beginBody()
	if x := m.extra.Load(); x != nil && x.closing.Load() {
		m.readOn(readerBusy)
	}
}

var errUnwanted = errors.New("data for a session that only sends")

// Discard reads the stream in a goroutine of its own and drops data messages as
// they arrive, for a program that only sends: pings are answered, the heartbeat
// hears the peer, and its Close is answered. After RefuseData a data message
// fails the session instead. Discard does not block. It returns ErrConcurrentRecv
// if the stream has a reader, which Discard is from now on, until the session
// ends.
func (m *MessageStream) Discard() error {
	if m.transport == nil { // not from Handle
		return ErrClosed
	}
	background, err := m.in.lock.tryLock()
	if err != nil {
		return err
	}
	go m.discard(background)
	return nil
}

// RefuseData has Discard fail the session of a peer that sends a data message,
// with a *ProtocolError of ClosePolicyViolation. It must be called before
// Discard, and returns the stream itself.
func (m *MessageStream) RefuseData() *MessageStream {
	m.more().refusesData = true
	return m
}

// discard reads until the end. It has the lock, unless a background reader has to
// stop first.
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
			m.broken(&ProtocolError{ClosePolicyViolation, errUnwanted})
			return
		}
	}
}
