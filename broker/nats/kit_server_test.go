package nats

import (
	"context"
	"errors"
	"io"
	"net"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/handset-go/handset/group"
	natsserver "github.com/nats-io/nats-server/v2/server"
	natsgo "github.com/nats-io/nats.go"
)

// patience is how long a test waits for what happens soon.
const patience = 20 * time.Second

// A restartable is a server in this process that can be replaced by another one with the
// same options. It implements natsgo.InProcessConnProvider.
type restartable struct {
	options natsserver.Options

	mu     sync.Mutex
	server *natsserver.Server // nil while there is none
}

func newRestartable(t testing.TB, options natsserver.Options) *restartable {
	t.Helper()
	r := &restartable{options: options}
	r.start(t)
	return r
}

func (r *restartable) start(t testing.TB) {
	t.Helper()
	server := inProcess(t, r.options)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.server = server
}

func (r *restartable) stop(how func(*natsserver.Server)) {
	r.mu.Lock()
	server := r.server
	r.server = nil
	r.mu.Unlock()
	how(server)
	server.WaitForShutdown()
}

func (r *restartable) InProcessConn() (net.Conn, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.server == nil {
		return nil, errors.New("there is no server")
	}
	return r.server.InProcessConn()
}

// connect connects to the server.
func (r *restartable) connect(t testing.TB, options ...natsgo.Option) *natsgo.Conn {
	t.Helper()
	return connect(t, "", append(options, natsgo.InProcessServer(r))...)
}

// receive subscribes to a group and returns a channel of copies of the events, which has
// room for all.
func receive(t testing.TB, b group.Broker, name string) <-chan group.Event {
	t.Helper()
	events := make(chan group.Event, 10_000)
	subscribe(t, b, name, func(e group.Event) { events <- e })
	return events
}

func subscribe(t testing.TB, b group.Broker, name string, f func(group.Event)) io.Closer {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	closer, err := b.Subscribe(ctx, name, f)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = closer.Close() })
	return closer
}

func publish(t testing.TB, b group.Broker, name, text string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := b.Publish(ctx, name, []byte(text)); err != nil {
		t.Fatal(err)
	}
}

// next returns the next event.
func next(t testing.TB, events <-chan group.Event) group.Event {
	t.Helper()
	select {
	case e := <-events:
		return e
	case <-time.After(patience):
		t.Fatal("no event arrives")
		return group.Event{}
	}
}

// wantText checks that the next event is a message.
func wantText(t testing.TB, events <-chan group.Event, text string) group.Event {
	t.Helper()
	e := next(t, events)
	if e.Gap != nil || string(e.Data) != text {
		t.Fatalf("received %q, gap %v, want %q", e.Data, e.Gap, text)
	}
	return e
}

// wantGap checks that the next event is a gap.
func wantGap(t testing.TB, events <-chan group.Event, gap error) {
	t.Helper()
	if e := next(t, events); !errors.Is(e.Gap, gap) {
		t.Fatalf("received %q, gap %v, want gap %v", e.Data, e.Gap, gap)
	}
}

// awaitLost waits until a broker knows that its connection is lost.
func awaitLost(t testing.TB, c *connection) {
	t.Helper()
	lost, up := c.state()
	if !up {
		return
	}
	select {
	case <-lost:
	case <-time.After(patience):
		t.Fatal("the connection is not lost")
	}
}

// awaitUp waits until a broker's connection has come back.
func awaitUp(t testing.TB, c *connection) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := c.flush(ctx); err != nil { // the nats.Conn is connected
		t.Fatal(err)
	}
	for _, up := c.state(); !up; _, up = c.state() { // and the broker will soon know it
		runtime.Gosched()
	}
}
