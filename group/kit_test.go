package group_test

import (
	"context"
	"io"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/handset-go/handset/group"
	"github.com/handset-go/handset/ws"
	"github.com/handset-go/handset/wstest"
)

// patience bounds what a test waits for.
const patience = 20 * time.Second

// An end is a session that may join groups, and its client.
type end struct {
	*ws.Session
	client wstest.Endpoint
}

// connect returns a session of a server whose stream is read.
func connect(t *testing.T, options ws.Options) end {
	t.Helper()
	options.Heartbeat = ws.Heartbeat{Interval: -1, Timeout: -1}
	client, server := wstest.Pair(t, &ws.Upgrader{Options: options}, nil)
	if err := server.Stream.Discard(); err != nil {
		t.Fatal(err)
	}
	return end{server.Session, client}
}

// member returns a session that has joined a group.
func member(t *testing.T, gs *group.Groups, name string) end {
	t.Helper()
	e := connect(t, ws.Options{})
	join(t, gs, name, e)
	return e
}

func join(t *testing.T, gs *group.Groups, name string, e end) {
	t.Helper()
	if err := gs.Join(t.Context(), name, e.Session); err != nil {
		t.Fatal(err)
	}
}

func publish(t *testing.T, gs *group.Groups, name string, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if err := gs.Publish(t.Context(), name, ws.Text, []byte(text)); err != nil {
			t.Fatal(err)
		}
	}
}

// next returns what the client receives next: the data of a message, or "close" and a
// code.
func (e end) next(t *testing.T) string {
	t.Helper()
	msg := wstest.Recv(t, wstest.Within(e.client.Stream, patience))
	if msg.Kind == ws.Close {
		return "close " + msg.Reason.Code.String()
	}
	return string(msg.Data)
}

// receives fails the test unless these are the next messages that the client receives.
func (e end) receives(t *testing.T, want ...string) {
	t.Helper()
	for _, text := range want {
		if got := e.next(t); got != text {
			t.Fatalf("received %.100q, want %.100q", got, text)
		}
	}
}

// receivesNothing fails the test if the client receives a message. It must be called in
// a bubble.
func (e end) receivesNothing(t *testing.T) {
	t.Helper()
	wstest.ExpectNothing(t, e.client.Stream, time.Minute)
}

// all returns what the client receives until a message that is last.
func (e end) all(t *testing.T, last string) (texts []string) {
	t.Helper()
	for {
		texts = append(texts, e.next(t))
		if texts[len(texts)-1] == last {
			return texts
		}
	}
}

// fakeBroker is a Broker whose methods a test sets. Those that are nil are those of a
// MemoryBroker.
type fakeBroker struct {
	group.MemoryBroker
	publish   func(ctx context.Context, group string, data []byte) error
	subscribe func(ctx context.Context, group string, receive func(group.Event)) (io.Closer, error)
	recent    func(ctx context.Context) ([]group.Entry, group.Position, error)
	after     func() ([]group.Entry, error)
	limit     int // of the last call of After
}

func (b *fakeBroker) Publish(ctx context.Context, name string, data []byte) error {
	if b.publish != nil {
		return b.publish(ctx, name, data)
	}
	return b.MemoryBroker.Publish(ctx, name, data)
}

func (b *fakeBroker) Subscribe(ctx context.Context, name string, receive func(group.Event)) (io.Closer, error) {
	if b.subscribe != nil {
		return b.subscribe(ctx, name, receive)
	}
	return b.MemoryBroker.Subscribe(ctx, name, receive)
}

func (b *fakeBroker) Recent(ctx context.Context, name string, n int) ([]group.Entry, group.Position, error) {
	if b.recent != nil {
		return b.recent(ctx)
	}
	return b.MemoryBroker.Recent(ctx, name, n)
}

func (b *fakeBroker) After(ctx context.Context, name string, after group.Position, limit int) ([]group.Entry, error) {
	b.limit = limit
	if b.after != nil {
		return b.after()
	}
	return b.MemoryBroker.After(ctx, name, after, limit)
}

// withoutHistory is a Broker without the methods of History.
type withoutHistory struct{ group.Broker }

// closer is an io.Closer that counts.
type closer struct{ closed atomic.Int64 }

func (c *closer) Close() error { c.closed.Add(1); return nil }

// countSubscriptions returns a broker whose subscriptions deliver nothing, and the number
// of those that have not been closed.
func countSubscriptions() (*fakeBroker, *atomic.Int64) {
	open := new(atomic.Int64)
	return &fakeBroker{subscribe: func(context.Context, string, func(group.Event)) (io.Closer, error) {
		open.Add(1)
		return closeFunc(func() error { open.Add(-1); return nil }), nil
	}}, open
}

// closeFunc is an io.Closer that calls a function.
type closeFunc func() error

func (f closeFunc) Close() error { return f() }

// entry returns an entry for a text, as a broker stores it.
func entry(text string, epoch string, offset uint64) group.Entry {
	return group.Entry{Data: []byte("\x01" + text), Position: group.Position{Epoch: epoch, Offset: offset}}
}

// long returns a message of 1,000 bytes.
func long(text string) string { return text + strings.Repeat(".", 1000-len(text)) }

// leastOfBoth calls two functions in turn, and returns the least of what each returns: what
// else the machine does is then no difference between them.
func leastOfBoth(f, g func() time.Duration) (least, other time.Duration) {
	least, other = f(), g()
	for range 20 {
		least, other = min(least, f()), min(other, g())
	}
	return least, other
}
