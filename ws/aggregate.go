package ws

import (
	"context"
	"iter"

	"github.com/handset-go/handset/internal/buffer"
)

// AggregatedStream is a MessageStream in whole messages: Text, Binary, Ping,
// Pong and Close. It has the same three views, of which one may be used at a
// time, here or on the stream it was made from.
type AggregatedStream struct {
	stream *MessageStream
	max    int
	buf    *buffer.Buffer // the pieces so far, or the message last delivered
	kind   Kind           // of the message that is open, 0 between messages
	lent   bool           // buf belongs to the application until the next receive
	skips  bool           // the open message was too big
	pump   pump
}

// Recv waits for the next whole message. It is MessageStream.Recv but for one
// more error: a message longer than the limit gives one ErrMessageTooBig, the
// rest of it is dropped as it arrives, and the next Recv carries on behind it.
// If the session is closed without a code right after that, the peer is told
// CloseMessageTooBig. The memory a message takes grows with the bytes that have
// arrived, never with a length that was only announced.
func (a *AggregatedStream) Recv(ctx context.Context) (Message, error) {
	m := a.stream
	if err := m.turn.take(ctx); err != nil {
		return Message{}, err
	}
	msg, err := a.recv(ctx)
	m.giveTurn(err != nil && err != ErrMessageTooBig)
	return msg, err
}

// All is MessageStream.All in whole messages. ErrMessageTooBig does not end
// the sequence: a loop that goes on receives what follows.
func (a *AggregatedStream) All(ctx context.Context) iter.Seq2[Message, error] {
	return a.stream.all(ctx, a.recv)
}

// Chan is MessageStream.Chan in whole messages. A message that is too big ends
// it: the session is closed with CloseMessageTooBig.
func (a *AggregatedStream) Chan() <-chan Message { return a.pump.start(a.stream, a.recv) }

// Err returns why the channel of Chan was closed: nil before that, and after a
// Close message.
func (a *AggregatedStream) Err() error { return a.pump.reason() }

// recv is Recv for those who have the turn.
func (a *AggregatedStream) recv(ctx context.Context) (Message, error) {
	if a.lent {
		a.free()
	}
	for {
		msg, err := a.stream.recv(ctx)
		if err != nil {
			if a.stream.err != nil {
				a.free()
			}
			return Message{}, err
		}
		msg, ok, err := a.add(msg)
		if err != nil {
			a.stream.session.tooBig.Store(true)
		}
		if ok || err != nil {
			return msg, err
		}
	}
}

// add takes what the stream delivered and returns a message when one is whole.
func (a *AggregatedStream) add(msg Message) (whole Message, ok bool, err error) {
	switch msg.Kind {
	case Ping, Pong, Close:
		return msg, true, nil
	case Text, Binary:
		if len(msg.Data) > a.max {
			return Message{}, false, ErrMessageTooBig
		}
		return msg, true, nil
	case FirstText, FirstBinary:
		a.begin(msg.Kind)
	}
	err = a.grow(msg.Data)
	if msg.Kind != Last {
		return Message{}, false, err
	}
	return a.finish(err)
}

func (a *AggregatedStream) begin(first Kind) {
	a.free()
	a.kind = Text
	if first == FirstBinary {
		a.kind = Binary
	}
}

// grow adds a piece, unless the message turns out, or announces itself, to be
// too big: that is reported once.
func (a *AggregatedStream) grow(piece []byte) error {
	if a.skips || a.kind == 0 {
		return nil
	}
	if a.buf == nil {
		a.buf = buffer.Get(len(piece))
	}
	room := uint64(a.max - len(a.buf.Bytes))
	if n := uint64(len(piece)); n > room || a.stream.rx.left > room-n {
		a.buf.Free()
		a.buf, a.skips = nil, true
		return ErrMessageTooBig
	}
	a.buf = a.buf.Grow(len(piece))
	a.buf.Bytes = append(a.buf.Bytes, piece...)
	return nil
}

// finish ends the open message and delivers it, unless it was too big.
func (a *AggregatedStream) finish(err error) (Message, bool, error) {
	kind, skipped := a.kind, a.skips
	a.kind, a.skips = 0, false
	if kind == 0 || skipped {
		return Message{}, false, err
	}
	a.lent = true
	n := len(a.buf.Bytes)
	return Message{Kind: kind, Data: a.buf.Bytes[:n:n]}, true, nil
}

func (a *AggregatedStream) free() {
	a.buf.Free()
	a.buf, a.kind, a.lent, a.skips = nil, 0, false, false
}
