package ws

import (
	"context"
	"iter"
	"sync/atomic"

	"github.com/handset-go/handset/internal/message"
)

// Aggregate returns a stream of whole messages of up to maxSize bytes, after
// decompression. If maxSize <= 0, the limit is 1 MiB. Read the returned stream
// instead of m: a message of which m has delivered a chunk is not part of it.
func (m *MessageStream) Aggregate(maxSize int) *AggregatedStream {
	if maxSize <= 0 {
		maxSize = 1 << 20
	}
	return &AggregatedStream{stream: m, max: maxSize}
}

// An AggregatedStream yields the whole messages of a MessageStream: Text,
// Binary, Ping, Pong and Close. It is read by Recv, All or Chan. An
// AggregatedStream and its MessageStream together have one reader at a time.
type AggregatedStream struct {
	stream *MessageStream
	max    int
	filled atomic.Pointer[messageChannel] // of Chan; nil before the first call
}

// Recv waits for the next message, like MessageStream.Recv. A message that is
// longer than the limit gives one ErrMessageTooBig: the rest of it is discarded
// as it arrives, and the next Recv continues after it. If the session is closed
// without a code right after that, it is closed with CloseMessageTooBig. Memory
// grows with the bytes received, not with the length that a frame announces.
func (a *AggregatedStream) Recv(ctx context.Context) (msg Message, err error) {
	m := a.stream
	if err = m.lock(ctx); err != nil {
		return
	}
	if err = m.recv(ctx, a); err == nil {
		msg.set(&m.in.input.Event) // before unlock: the next reader reuses the Event
	}
	m.unlock(err != nil && err != ErrMessageTooBig)
	return
}

// All is like MessageStream.All for whole messages. ErrMessageTooBig does not
// end the sequence: a loop that continues receives the next message.
func (a *AggregatedStream) All(ctx context.Context) iter.Seq2[Message, error] {
	return a.stream.all(ctx, a)
}

// Chan is like MessageStream.Chan for whole messages. A message that is too big
// ends the stream: the session is closed with CloseMessageTooBig, the channel
// is closed, and Err returns ErrMessageTooBig.
func (a *AggregatedStream) Chan() <-chan Message { return a.stream.channel(&a.filled, a) }

// Err is like MessageStream.Err. If a.Chan has closed its channel because of a
// message that is too big, Err returns ErrMessageTooBig.
func (a *AggregatedStream) Err() error {
	if err := a.filled.Load().reason(); err != nil {
		return err
	}
	if a.stream == nil { // not from Aggregate
		return nil
	}
	return a.stream.Err()
}

// next implements view with whole messages.
func (a *AggregatedStream) next(r *message.Reader) (ok bool, err error) { return r.NextMessage(a.max) }
