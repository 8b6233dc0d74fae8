package wstest

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"

	"github.com/handset-go/handset/ws"
)

// A Collector reads a stream in the background, so that pings and Close frames are
// answered, and keeps what was received until it is taken with Recv. It is a Stream: the
// Expect functions receive from it what it keeps, and then wait for more. It keeps 16 MiB
// at most; what is received beyond is discarded, and Recv then returns an error. It is
// safe for concurrent use.
type Collector struct {
	mu      sync.Mutex
	changed sync.Cond
	kept    []ws.Message
	size    int
	err     error // after what is kept; nil while the stream goes on
}

var errCollected = errors.New("wstest: a Collector keeps 16 MiB at most; messages were discarded")

// messageCost is what a message without data counts.
const messageCost = 64

// Collect starts to read s until it ends or the test ends. The messages of a
// MessageStream are joined if they arrive in chunks.
func Collect(tb testing.TB, s Stream) *Collector {
	if m, ok := s.(*ws.MessageStream); ok {
		s = m.Aggregate(maxKept)
	}
	c := new(Collector)
	c.changed.L = &c.mu
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		for c.add(s.Recv(ctx)) {
		}
	}()
	tb.Cleanup(func() { cancel(); <-done })
	return c
}

// add keeps what a receive has brought. It reports whether to go on.
func (c *Collector) add(msg ws.Message, err error) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	defer c.changed.Broadcast()
	cost := messageCost + len(msg.Data)
	switch {
	case c.err != nil: // messages have been discarded, and so is this one
	case err != nil:
		c.err = err
	case c.size+cost > maxKept:
		c.err = errCollected
	default:
		c.size += cost
		c.kept = append(c.kept, msg.Clone())
	}
	return err == nil || errors.Is(err, ws.ErrMessageTooBig) // after which the stream goes on
}

// Recv returns the first message that is kept, or waits for the next one. Its Data may be
// kept. It returns the errors of the stream, or the error of ctx.
func (c *Collector) Recv(ctx context.Context) (ws.Message, error) {
	defer context.AfterFunc(ctx, func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.changed.Broadcast()
	})()
	c.mu.Lock()
	defer c.mu.Unlock()
	for len(c.kept) == 0 {
		switch {
		case c.err != nil:
			return ws.Message{}, c.err
		case ctx.Err() != nil:
			return ws.Message{}, ctx.Err()
		}
		c.changed.Wait()
	}
	msg := c.kept[0]
	c.kept[0] = ws.Message{}
	c.kept = c.kept[1:]
	c.size -= messageCost + len(msg.Data)
	return msg, nil
}

// Received returns the Text, Binary and Close messages that are kept, and keeps them. It
// does not wait: in a bubble, synctest.Wait first waits until all that was sent has been
// received.
func (c *Collector) Received() []ws.Message {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(c.kept), func(msg ws.Message) bool { return control(msg.Kind) })
}
