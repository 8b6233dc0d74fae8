package ws_test

import (
	"context"
	"runtime"
	"testing"
	"time"
)

// patience bounds every wait of a test: far more than anything needs, so that
// a slow machine fails nothing, and a hang is a failure.
const testTimeout = 20 * time.Second

// moment is how long what is timed takes in these tests.
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

// within is a context that ends when a test has waited too long.
func testContext(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), testTimeout)
	t.Cleanup(cancel)
	return ctx
}

// until waits until something is so that tells nobody.
func waitUntil(t *testing.T, what string, is func() bool) {
	t.Helper()
	for start := time.Now(); !is(); runtime.Gosched() {
		if time.Since(start) > testTimeout {
			t.Fatalf("waited in vain until %s", what)
		}
	}
}
