package ws

import (
	"context"
	"iter"

	"github.com/handset-go/handset/internal/message"
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
		msg.set(&m.rx.Event) // which is the next reader's with the turn
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

// next is the view in whole messages.
func (a *AggregatedStream) next(r *message.Reader) (ok bool, err error) { return r.NextMessage(a.max) }
