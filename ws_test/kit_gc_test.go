package ws_test

import (
	"context"
	"net"
	"runtime"
	"testing"
	"time"

	"github.com/handset-go/handset/ws"
)

// shortWriteTimeout is a WriteTimeout after a quarter of which a session with nothing
// left to write is no longer referenced by the timer.
const shortWriteTimeout = 2 * time.Second

// runGC runs the garbage collector and the finalizers that are due.
func runGC() {
	done := make(chan struct{})
	func() { runtime.SetFinalizer(new([100]*int), func(*[100]*int) { close(done) }) }()
	for {
		runtime.GC()
		select {
		case <-done:
			return
		case <-time.After(10 * time.Millisecond): // the finalizers' goroutine is behind
		}
	}
}

// runGCUntil runs the garbage collector until is returns true.
func runGCUntil(t *testing.T, what string, is func() bool) {
	t.Helper()
	waitUntil(t, what, func() bool {
		runGC()
		<-time.After(10 * time.Millisecond) // others need the processor
		return is()
	})
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

var (
	forever                        = context.Background()
	cancellable, cancelCancellable = context.WithCancel(context.Background())
)

// environments are where a session may run: f is called with it as a handler is.
var environments = []struct {
	name  string
	begin func(t *testing.T, u *ws.Upgrader, f func(*ws.Session, *ws.MessageStream)) (endpoint, *client)
}{
	{"tcp", servedOver(transports[0])}, {"wrapped", servedOver(transports[1])}, {"tls", servedOver(transports[2])},
	{"pipe", serverSide.overPipe},
	{"dialed tcp", dialedOver(transports[0])}, {"dialed wrapped", dialedOver(transports[1])}, {"dialed tls", dialedOver(transports[2])},
	{"dialed pipe", clientSide.overPipe},
}

func (on side) overPipe(t *testing.T, u *ws.Upgrader, f func(*ws.Session, *ws.MessageStream)) (endpoint, *client) {
	end, peer := net.Pipe()
	t.Cleanup(func() { _ = peer.Close() })
	from := on.endpoint(t, u)
	session, stream := begin(t, from, end, nil)
	go handleSession(session, stream, f)
	return from, on.peer(t, peer)
}

// dialedOver dials a peer over a transport.
func dialedOver(over transport) func(*testing.T, *ws.Upgrader, func(*ws.Session, *ws.MessageStream)) (endpoint, *client) {
	return func(t *testing.T, u *ws.Upgrader, f func(*ws.Session, *ws.MessageStream)) (endpoint, *client) {
		d := newDialer(t, u)
		session, stream, c := dialUnclosed(t, over, d)
		go handleSession(session, stream, f)
		return d, c
	}
}

// handleSession calls f as net/http calls a handler.
func handleSession(session *ws.Session, stream *ws.MessageStream, f func(*ws.Session, *ws.MessageStream)) {
	defer func() { _ = recover() }()
	f(session, stream)
}
