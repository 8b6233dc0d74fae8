package ws_test

import (
	"context"
	"net"
	"runtime"
	"testing"
	"time"

	"github.com/handset-go/handset/ws"
)

// soon is a WriteTimeout with which it is soon noticed that nothing is left to be
// written: until then, a quarter of it, a session is looked after.
const shortWriteTimeout = 400 * time.Millisecond

// collect has the garbage collector work, and the finalizers that it finds due.
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

// collectUntil has the garbage collector work until something is so.
func runGCUntil(t *testing.T, what string, is func() bool) {
	t.Helper()
	waitUntil(t, what, func() bool {
		runGC()
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

// places are where a session may be begun: f is called with it as a handler is.
var environments = []struct {
	name  string
	begin func(t *testing.T, u *ws.Upgrader, f func(*ws.Session, *ws.MessageStream)) *client
}{
	{"tcp", servedOver(transports[0])}, {"wrapped", servedOver(transports[1])}, {"tls", servedOver(transports[2])},
	{"pipe", func(t *testing.T, u *ws.Upgrader, f func(*ws.Session, *ws.MessageStream)) *client {
		end, peer := net.Pipe()
		t.Cleanup(func() { _ = peer.Close() })
		session, stream, err := u.Handle(&responseWriter{conn: end}, request())
		if err != nil {
			t.Fatal(err)
		}
		go func() {
			defer func() { _ = recover() }()
			f(session, stream)
		}()
		return newClient(t, peer)
	}},
}
