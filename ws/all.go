package ws

import (
	"context"
	"io"
	"iter"
)

// loop is what a range loop over a stream needs, in one place, so that its methods
// have few arguments: their frames are on the stack of every loop that waits, which
// is to be as small as that of a Recv.
type loop struct {
	stream *MessageStream
	ctx    context.Context
	view   view
	// The loop's body is the application's and may take long: finish may read
	// meanwhile.
	application bool
	hasTurn     bool // before it begins
}

// all is All of either stream.
func (m *MessageStream) all(ctx context.Context, v view) iter.Seq2[Message, error] {
	return (&loop{stream: m, ctx: ctx, view: v, application: true}).run
}

// run takes the turn, unless the loop has it, hands the messages to yield and
// gives the turn back.
func (l *loop) run(yield func(Message, error) bool) {
	if !l.hasTurn {
		if err := l.stream.take(l.ctx); err != nil {
			l.refuse(err, yield)
			return
		}
	}
	defer l.stream.giveTurn(true)
	for l.hand(l.next(), yield) {
	}
}

//go:noinline
func (l *loop) refuse(err error, yield func(Message, error) bool) { yield(Message{}, err) }

// next waits for the next message. The context ends the loop, though messages may
// be there; but not once the session has ended, which may be why the context has.
func (l *loop) next() error {
	if err := l.ctx.Err(); err != nil && l.stream.session().ended() == nil {
		return err
	}
	return l.stream.recv(l.ctx, l.view)
}

// hand gives the loop's body the message that was received, or the error, and
// reports whether the loop goes on.
//
//go:noinline
func (l *loop) hand(err error, yield func(Message, error) bool) bool {
	if err == io.EOF {
		return false
	}
	var msg Message
	if err == nil {
		msg.set(&l.stream.rx.Event) // before finish may have the receiver
	}
	if l.application {
		l.stream.beforeBody()
	}
	goesOn := yield(msg, err)
	if l.application {
		l.stream.turn.resume()
	}
	return goesOn && (err == nil || err == ErrMessageTooBig)
}

// beforeBody lets finish read while the loop's body runs. It is apart so that
// hand's frame stays small.
//
//go:noinline
func (m *MessageStream) beforeBody() {
	m.turn.leave()
	if x := m.extra.Load(); x != nil && x.closing.Load() {
		m.finishFor(readerBusy)
	}
}
