package wstest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/handset-go/handset/ws"
)

// A Stream is what the functions of this package receive from: a *ws.MessageStream, a
// *ws.AggregatedStream, a *Collector, or what Within returns.
type Stream interface {
	Recv(context.Context) (ws.Message, error)
}

// expectTimeout is how long a function waits for a message without Within.
const expectTimeout = 10 * time.Second

// Within returns s with another limit for the functions of this package that receive from
// it: each waits at most for d, instead of 10 s. Use it in a bubble to wait for the
// timeouts of sessions, most of which are longer.
func Within(s Stream, d time.Duration) Stream {
	return limitedStream{s, d}
}

type limitedStream struct {
	Stream
	limit time.Duration
}

// Recv returns the next Text, Binary or Close message of s, for checks that the Expect
// functions do not have. Its Data may be kept. Recv fails the test with tb.Fatal if the
// stream ends, or if no such message arrives within 10 s (see Within).
func Recv(tb testing.TB, s Stream) ws.Message {
	tb.Helper()
	got := receive(s, ws.Text, ws.Binary, ws.Close)
	if got.err != nil {
		got.fail(tb, "a message")
	}
	return got.msg.Clone()
}

// received is what a receive has brought: a message or an error.
type received struct {
	msg ws.Message // valid until the next receive
	err error
}

// control are the kinds that are skipped unless a test asks for them.
func control(k ws.Kind) bool { return k == ws.Ping || k == ws.Pong }

// receive receives the next message of s, waiting for the limit of s. Pings and Pongs are
// skipped if their kind is not among those that are wanted. Chunks are joined.
func receive(s Stream, wanted ...ws.Kind) received {
	limit := expectTimeout
	if l, ok := s.(limitedStream); ok {
		s, limit = l.Stream, l.limit
	}
	return receiveWithin(s, limit, wanted...)
}

func receiveWithin(s Stream, limit time.Duration, wanted ...ws.Kind) received {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	var whole ws.Message // of which chunks have been received
	for {
		msg, err := s.Recv(ctx)
		switch {
		case err != nil && ctx.Err() != nil && errors.Is(err, ctx.Err()):
			return received{err: &nothingError{limit, whole}}
		case err != nil:
			return received{err: err}
		case control(msg.Kind) && !slices.Contains(wanted, msg.Kind):
		case msg.Kind == ws.FirstText:
			whole = ws.Message{Kind: ws.Text, Data: append([]byte(nil), msg.Data...)}
		case msg.Kind == ws.FirstBinary:
			whole = ws.Message{Kind: ws.Binary, Data: append([]byte(nil), msg.Data...)}
		case msg.Kind == ws.Continue || msg.Kind == ws.Last:
			whole.Data = append(whole.Data, msg.Data...)
			if msg.Kind == ws.Last {
				return received{msg: whole}
			}
			if len(whole.Data) > maxKept {
				return received{err: errTooLong}
			}
		default:
			return received{msg: msg}
		}
	}
}

// maxKept is how many bytes are kept of a message that arrives in chunks, and by a
// Collector.
const maxKept = 16 << 20

var errTooLong = errors.New("wstest: a message in chunks is longer than 16 MiB")

// nothingError is the error of a receive that has waited for its limit.
type nothingError struct {
	limit time.Duration
	part  ws.Message // the chunks of a message that is not complete
}

func (e *nothingError) Error() string {
	if e.part.Kind == 0 {
		return fmt.Sprintf("nothing within %v", e.limit)
	}
	return fmt.Sprintf("only %d bytes of a %v message within %v", len(e.part.Data), e.part.Kind, e.limit)
}
