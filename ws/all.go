package ws

import (
	"context"
	"io"
	"iter"
)

// all is All of either stream.
func (m *MessageStream) all(ctx context.Context, v view) iter.Seq2[Message, error] {
	return func(yield func(Message, error) bool) {
		if err := m.take(ctx); err != nil {
			m.hand(err, yield, false)
			return
		}
		m.loop(ctx, v, yield, true)
	}
}

// loop hands the messages to yield, for those who have the turn, and gives the
// turn back. lends says that the body of the loop is the application's, which may
// take long: finish may read meanwhile.
//
// While it waits its frame is on the stack, which is to be as small as that of a
// Recv: what a message takes is in hand's.
func (m *MessageStream) loop(ctx context.Context, v view, yield func(Message, error) bool, lends bool) {
	defer m.giveTurn(true)
	for goesOn := true; goesOn; {
		err := m.overBy(ctx)
		if err == nil {
			err = m.recv(ctx, v)
		}
		goesOn = m.hand(err, yield, lends)
	}
}

// lend leaves the turn to finish.
func (m *MessageStream) lend() {
	m.turn.leave()
	if x := m.extra.Load(); x != nil && x.closing.Load() {
		m.finishFor(readerBusy)
	}
}

// overBy ends the loop with its context, though messages may be there; but not
// once the session has ended, which may be why the context has.
func (m *MessageStream) overBy(ctx context.Context) error {
	err := ctx.Err()
	if err != nil && m.session().ended() != nil {
		return nil
	}
	return err
}

// hand gives the loop's body the message that was received, or the error, and
// reports whether the loop goes on.
//
//go:noinline
func (m *MessageStream) hand(err error, yield func(Message, error) bool, lends bool) bool {
	var msg Message
	switch err {
	case nil:
		msg = m.rx.msg // which is finish's when the turn is lent
	case io.EOF:
		return false
	}
	if lends {
		m.lend()
	}
	goesOn := yield(msg, err)
	if lends {
		m.turn.resume()
	}
	return goesOn && (err == nil || err == ErrMessageTooBig)
}
