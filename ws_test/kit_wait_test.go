package ws_test

import (
	"context"
	"runtime"
	"testing"
	"time"
)

// testTimeout bounds every wait of a test. It is far longer than needed, so that a
// slow machine does not fail a test.
const testTimeout = time.Minute

// conversationTimeout bounds all that is read from and written to a connection.
const conversationTimeout = 5 * testTimeout

// shortWait is the timeout that tests of timeouts set.
const shortWait = 60 * time.Millisecond

// await waits for a channel to deliver or to be closed.
func await[T any](t testing.TB, c <-chan T, what string) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(testTimeout):
		t.Fatalf("%s did not come", what)
		panic("unreachable")
	}
}

// testContext returns a context that ends after testTimeout.
func testContext(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), testTimeout)
	t.Cleanup(cancel)
	return ctx
}

// waitUntil polls until is returns true.
func waitUntil(t *testing.T, what string, is func() bool) {
	t.Helper()
	for start := time.Now(); !is(); runtime.Gosched() {
		if time.Since(start) > testTimeout {
			t.Fatalf("waited in vain until %s", what)
		}
	}
}
