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

// rangeLoop is a range loop over a stream. Its methods have few arguments, because
// their frames are on the stack of a loop that waits, which must be as small as that
// of Recv.
type rangeLoop struct {
	stream *MessageStream
	ctx    context.Context
	view   view
	// The loop's body is the application's. It may take long, so a background reader
	// may read while it runs.
	application bool
	locked      bool // by the caller of run
}

// all implements All of both streams.
func (m *MessageStream) all(ctx context.Context, v view) iter.Seq2[Message, error] {
	return (&rangeLoop{stream: m, ctx: ctx, view: v, application: true}).run
}

// run yields messages until the loop ends. It locks the stream unless the caller has.
func (l *rangeLoop) run(yield func(Message, error) bool) {
	if !l.locked {
		if err := l.stream.lock(l.ctx); err != nil {
			l.refuse(err, yield)
			return
		}
	}
	defer l.stream.unlock(true)
	for l.deliver(l.next(), yield) {
	}
}

//go:noinline
func (l *rangeLoop) refuse(err error, yield func(Message, error) bool) { yield(Message{}, err) }

// next waits for the next message. It returns the error of the context even if
// messages have arrived, but not after the session has ended, which may have ended
// the context.
func (l *rangeLoop) next() error {
	if err := l.ctx.Err(); err != nil && l.stream.session().ended() == nil {
		return err
	}
	return l.stream.recv(l.ctx, l.view)
}

// deliver yields the message that was received, or the error, and reports whether the
// loop continues.
//
//go:noinline
func (l *rangeLoop) deliver(err error, yield func(Message, error) bool) bool {
	if err == io.EOF {
		return false
	}
	var msg Message
	if err == nil {
		msg.set(&l.stream.in.input.Event) // before a background reader can use the input
	}
	if l.application {
		l.stream.beforeBody()
	}
	goesOn := yield(msg, err)
	if l.application {
		l.stream.in.lock.endBody()
	}
	return goesOn && (err == nil || err == ErrMessageTooBig)
}

// beforeBody allows a background reader to read while the loop's body runs. It is
// separate so that the frame of deliver stays small.
//
//go:noinline
func (m *MessageStream) beforeBody() {
	m.in.lock.beginBody()
	if x := m.extra.Load(); x != nil && x.closing.Load() {
		m.readOn(willReturn)
	}
}

var errUnwanted = errors.New("data for a session that only sends")

// Discard starts a goroutine that reads the stream and drops data messages, for
// a program that only sends. Pings and the peer's Close frame are answered, and
// a lost connection is noticed. After RefuseData, a data message fails the
// session instead. Discard does not block. It returns ErrConcurrentRecv if the
// stream has a reader; otherwise Discard is the reader until the session ends.
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
	refuses := m.more().refusesData
	l := rangeLoop{stream: m, ctx: context.Background(), view: m, locked: true}
	l.run(func(msg Message, err error) bool {
		switch {
		case err != nil:
			return false
		case msg.Kind == Ping, msg.Kind == Pong, msg.Kind == Close, !refuses:
			return true
		}
		m.violated(&ProtocolError{ClosePolicyViolation, errUnwanted})
		return false
	})
}
