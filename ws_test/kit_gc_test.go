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
const shortWriteTimeout = 400 * time.Millisecond

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

// environments are where a session may run: f is called as a handler is.
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
