package ws

import (
	"context"
	"iter"
)

// AggregatedStream is a MessageStream in whole messages: Text, Binary, Ping,
// Pong and Close. It has the same three views, of which one may be used at a
// time, here or on the stream it was made from.
type AggregatedStream struct {
	stream *MessageStream
	max    int
	pump   pump
}

// Recv waits for the next whole message. It is MessageStream.Recv but for one
// more error: a message longer than the limit gives one ErrMessageTooBig, the
// rest of it is dropped as it arrives, and the next Recv carries on behind it.
// If the session is closed without a code right after that, the peer is told
// CloseMessageTooBig. The memory a message takes grows with the bytes that have
// arrived, never with a length that was only announced.
func (a *AggregatedStream) Recv(ctx context.Context) (msg Message, err error) {
	m := a.stream
	if err = m.take(ctx); err != nil {
		return
	}
	if err = m.recv(ctx, a); err == nil {
		msg = m.rx.msg // the receiver is the next reader's with the turn
	}
	m.giveTurn(err != nil && err != ErrMessageTooBig)
	return
}

// All is MessageStream.All in whole messages. ErrMessageTooBig does not end
// the sequence: a loop that goes on receives what follows.
func (a *AggregatedStream) All(ctx context.Context) iter.Seq2[Message, error] {
	return a.stream.all(ctx, a)
}

// Chan is MessageStream.Chan in whole messages. A message that is too big ends
// it: the session is closed with CloseMessageTooBig, and Err is
// ErrMessageTooBig.
func (a *AggregatedStream) Chan() <-chan Message { return a.pump.start(a.stream, a) }

// Err returns why the channel of this view's Chan was closed: nil before that,
// and after a Close message.
func (a *AggregatedStream) Err() error { return a.pump.reason() }

// poll is the view in whole messages.
func (a *AggregatedStream) poll() (ok bool, err error) {
	m := a.stream
	if m.rx != nil {
		ok, err = a.pollHeld(m.rx)
	}
	m.session().flags.set(lastTooBig, err == ErrMessageTooBig)
	return ok, err
}

// pollHeld is poll when there may be something to find.
func (a *AggregatedStream) pollHeld(r *receiver) (ok bool, err error) {
	r.expire()
	if r.message.lent {
		r.message.free()
	}
	for !ok && err == nil {
		ok, err = a.stream.pollPiece()
		switch {
		case err != nil:
			r.abandon()
		case ok:
			ok, err = a.add(r)
		default:
			err = a.foresee(r)
			r.direct = r.message.open() && !r.packed
			return false, err
		}
	}
	return ok, err
}

// add takes a piece, and makes a message of it when that is whole.
func (a *AggregatedStream) add(r *receiver) (ok bool, err error) {
	msg, under := &r.msg, &r.message
	switch msg.Kind {
	case Ping, Pong, Close:
		return true, nil
	case Text, Binary:
		if under.skips {
			under.free()
			return false, nil
		}
		if len(msg.Data) > a.max {
			return false, ErrMessageTooBig
		}
		return true, nil
	case FirstText, FirstBinary:
		under.begin(msg.Kind)
	}
	err = under.add(msg.Data, r.announced(), a.max)
	if err != nil {
		r.drop()
	}
	if msg.Kind == Last {
		ok = under.finish(msg)
	}
	return ok, err
}

// foresee looks at the frame that is arriving: that its message will be too big
// is to be told by the header, before the payload, or even without it.
func (a *AggregatedStream) foresee(r *receiver) error {
	missed := r.begun && r.message.kind == 0 // the beginning went to the stream's own view
	if !r.inFrame || r.of.Control() || r.packed || missed {
		return nil
	}
	return r.message.expect(r.left, a.max)
}

// abandon drops a message that is being put together.
func (r *receiver) abandon() {
	r.direct = false
	r.message.free()
}
