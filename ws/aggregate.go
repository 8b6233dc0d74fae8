package ws

import (
	"context"
	"iter"
	"sync/atomic"

	"github.com/handset-go/handset/internal/message"
)

// Aggregate returns a view of the stream in whole messages of up to maxSize
// bytes; maxSize <= 0 means 1 MiB. Use it in place of the stream's own views: a
// message of which those have received a chunk is not part of it.
func (m *MessageStream) Aggregate(maxSize int) *AggregatedStream {
	if maxSize <= 0 {
		maxSize = 1 << 20
	}
	return &AggregatedStream{stream: m, max: maxSize}
}

// AggregatedStream is a MessageStream in whole messages: Text, Binary, Ping,
// Pong and Close. It has the same three views, of which one may be used at a
// time, here or on the stream it was made from.
type AggregatedStream struct {
	stream *MessageStream
	max    int
	filled atomic.Pointer[messageChannel] // of Chan
}

// Recv waits for the next whole message. It is MessageStream.Recv but for one
// more error: a message longer than the limit gives one ErrMessageTooBig, the
// rest of it is dropped as it arrives, and the next Recv carries on behind it.
// If the session is closed without a code right after that, the Close frame says
// CloseMessageTooBig. The memory for a message grows with the bytes that have
// arrived, never with a length that was only announced.
func (a *AggregatedStream) Recv(ctx context.Context) (msg Message, err error) {
	m := a.stream
	if err = m.lock(ctx); err != nil {
		return
	}
	if err = m.recv(ctx, a); err == nil {
		msg.set(&m.in.input.Event) // which is the next reader's with the lock
	}
	m.unlock(err != nil && err != ErrMessageTooBig)
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
func (a *AggregatedStream) Chan() <-chan Message { return a.stream.channel(&a.filled, a) }

// Err is MessageStream.Err. If Chan's channel was closed for a message that is too
// big, it is ErrMessageTooBig.
func (a *AggregatedStream) Err() error {
	if err := a.filled.Load().reason(); err != nil {
		return err
	}
	if a.stream == nil { // not from Aggregate
		return nil
	}
	return a.stream.Err()
}

// next is the view in whole messages.
func (a *AggregatedStream) next(r *message.Reader) (ok bool, err error) { return r.NextMessage(a.max) }
