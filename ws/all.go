package ws

import (
	"context"
	"io"
	"iter"

	"github.com/handset-go/handset/internal/link"
)

// all is All of either stream.
func (m *MessageStream) all(ctx context.Context, v view) iter.Seq2[Message, error] {
	return func(yield func(Message, error) bool) {
		if err := m.take(ctx); err != nil {
			yield(Message{}, err)
			return
		}
		m.loop(ctx, v, func(msg Message, err error) bool {
			m.turn.leave()
			if x := m.extra.Load(); x != nil && x.closing.Load() {
				m.finishFor(readerBusy)
			}
			goesOn := yield(msg, err)
			m.turn.resume()
			return goesOn
		})
	}
}

// loop hands the messages to yield, for those who have the turn, and gives the
// turn back.
func (m *MessageStream) loop(ctx context.Context, v view, yield func(Message, error) bool) {
	defer m.giveTurn(true)
	l := loop{m, ctx, v, yield}
	if looper, ok := m.session().conn.(link.Looper); ok {
		l.inside(looper)
	} else {
		l.run()
	}
}

// loop is a range loop over a stream.
type loop struct {
	stream *MessageStream
	ctx    context.Context
	view   view
	yield  func(Message, error) bool
}

// run waits for every read anew.
func (l *loop) run() {
	for l.goesOn() && l.hand(l.stream.recv(l.ctx, l.view)) {
	}
}

// inside runs the loop's body within the transport's own loop.
func (l *loop) inside(looper link.Looper) {
	m := l.stream
	for again := l.handAll(); again; {
		m.pause(l.ctx)
		err := looper.Loop((*place)(m), func(n int, err error) bool {
			again = l.step(n, err)
			return again
		})
		if err != nil {
			again = l.step(0, err)
		}
	}
}

// step takes in what a read has brought, hands over the messages that makes,
// and reports whether to wait for more.
func (l *loop) step(n int, err error) bool {
	if err := l.stream.readDone(l.ctx, n, err); err != nil {
		l.yield(Message{}, err)
		return false
	}
	if !l.handAll() {
		return false
	}
	l.stream.pause(l.ctx)
	return true
}

// handAll hands over the messages that are there, and reports whether the loop
// goes on.
func (l *loop) handAll() bool {
	for l.goesOn() {
		ok, err := l.view.poll()
		if !ok && err == nil {
			return true
		}
		if !l.hand(err) {
			return false
		}
	}
	return false
}

// goesOn ends the loop with its context, though messages may be there; but not
// once the session has ended, which may be why the context has.
func (l *loop) goesOn() bool {
	err := l.ctx.Err()
	if err == nil || l.stream.session().ended() != nil {
		return true
	}
	l.yield(Message{}, err)
	return false
}

// hand gives the loop's body the message that was found, or the error, and
// reports whether the loop goes on.
func (l *loop) hand(err error) bool {
	switch err {
	case nil:
		return l.yield(l.stream.rx.msg, nil)
	case io.EOF:
		return false
	case ErrMessageTooBig:
		return l.yield(Message{}, err)
	default:
		l.yield(Message{}, err)
		return false
	}
}
