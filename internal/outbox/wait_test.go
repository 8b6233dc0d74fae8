package outbox

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/handset-go/handset/internal/frame"
)

// waiting starts a Put that is expected to wait, and returns its result to come.
func waiting(t testing.TB, o *boundOutbox, ctx context.Context, f *Frame) <-chan error {
	t.Helper()
	result := make(chan error, 1)
	go func() { result <- o.Put(ctx, f) }()
	synctest.Wait()
	select {
	case err := <-result:
		t.Fatalf("Put of %d bytes did not wait: %v", len(f.Data), err)
	default:
	}
	return result
}

// Put waits for space, TryPut does not.
func TestPutWaitsForSpace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o, s, _ := scripted(100, 0)
		full := text(strings.Repeat("x", 98))
		put(t, o, full)
		expectError(t, o.TryPut(text("try")), ErrFull)
		waits := waiting(t, o, t.Context(), text("wait"))
		runAll(o, s)
		expectError(t, <-waits, nil)
		expectSent(t, s, full, text("wait"))
	})
}

// Calls of Put that wait for space proceed in their order.
func TestPutWaitsInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o, s, _ := scripted(100, 0)
		want := []*Frame{text(strings.Repeat("x", 98))}
		put(t, o, want...)
		var waits []<-chan error
		for i := range 20 {
			f := text(fmt.Sprintf("%d%s", i, strings.Repeat("y", 60*(i%2))))
			want = append(want, f)
			waits = append(waits, waiting(t, o, t.Context(), f))
		}
		runAll(o, s)
		for _, w := range waits {
			expectError(t, <-w, nil)
		}
		expectSent(t, s, want...)
	})
}

// A large frame that waits is not overtaken by small ones that fit.
func TestPutLargeIsNotOvertaken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o, s, _ := scripted(100, 0)
		put(t, o, text(strings.Repeat("x", 50)))
		large := waiting(t, o, t.Context(), text(strings.Repeat("y", 80)))
		expectError(t, o.TryPut(text("small")), ErrFull)
		small := waiting(t, o, t.Context(), text("small"))
		runAll(o, s)
		expectError(t, <-large, nil)
		expectError(t, <-small, nil)
		expectSent(t, s, text(strings.Repeat("x", 50)), text(strings.Repeat("y", 80)), text("small"))
	})
}

// The space that a partial write frees is used at once.
func TestPutUsesSpaceOfPartialWrite(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o, s, _ := scripted(100, 0)
		put(t, o, text(strings.Repeat("x", 98)))
		w := waiting(t, o, t.Context(), text("wait"))
		s.waits = []int{6}
		s.onWait = func(call int) {
			if call == 1 { // after six bytes, with 94 more to go
				synctest.Wait()
				expectError(t, <-w, nil)
				s.waits = []int{endless, endless}
			}
		}
		o.Run()
		expectSent(t, s, text(strings.Repeat("x", 98)), text("wait"))
	})
}

// A Put that waits for space during a large write proceeds after it.
func TestPutWaitsForLargeWrite(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o, s, _ := scripted(30<<10, endless)
		var w <-chan error
		s.onTry = func(call int) {
			if call == 1 {
				w = waiting(t, o, t.Context(), text(strings.Repeat("y", 1<<10)))
			}
		}
		put(t, o, text(strings.Repeat("x", 30<<10-4)))
		synctest.Wait()
		select {
		case err := <-w:
			expectError(t, err, nil)
		default:
			t.Fatal("a Put waits for space while nothing is buffered")
		}
		expectSent(t, s, text(strings.Repeat("x", 30<<10-4)), text(strings.Repeat("y", 1<<10)))
	})
}

// If the context ends first, nothing of the frame is sent.
func TestPutContextEndsFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o, s, _ := scripted(100, 0)
		full := text(strings.Repeat("x", 98))
		put(t, o, full)
		ctx, cancel := context.WithCancelCause(t.Context())
		w := waiting(t, o, ctx, text("withdrawn"))
		behind := waiting(t, o, t.Context(), text("behind"))
		cancel(errors.New("cause"))
		expectError(t, <-w, context.Canceled)
		runAll(o, s)
		expectError(t, <-behind, nil)
		expectSent(t, s, full, text("behind"))
	})
}

// When a waiting frame is withdrawn, those after it proceed.
func TestPutWithdrawnUnblocksOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o, s, _ := scripted(100, 0)
		put(t, o, text(strings.Repeat("x", 50)))
		ctx, cancel := context.WithCancel(t.Context())
		large := waiting(t, o, ctx, text(strings.Repeat("y", 80)))
		small := waiting(t, o, t.Context(), text("small"))
		cancel()
		expectError(t, <-large, context.Canceled)
		expectError(t, <-small, nil) // before anything has been written
		runAll(o, s)
		expectSent(t, s, text(strings.Repeat("x", 50)), text("small"))
	})
}

// A context that ends at the moment when space becomes free must not lose a frame
// that Put then says was refused, nor send one that it says was not sent.
func TestPutResultIsTrue(t *testing.T) {
	for range 500 {
		o, s, _ := scripted(100, 0)
		full := text(strings.Repeat("x", 98))
		put(t, o, full)
		ctx, cancel := context.WithCancel(context.Background())
		result := make(chan error, 1)
		go func() { result <- o.Put(ctx, text("perhaps")) }()
		var both sync.WaitGroup
		both.Go(cancel)
		both.Go(func() { runAll(o, s) })
		err := <-result
		both.Wait()
		runAll(o, s)
		if err == nil {
			expectSent(t, s, full, text("perhaps"))
			continue
		}
		expectError(t, err, context.Canceled)
		expectSent(t, s, full)
	}
}

// Calls of Put that wait return after Abort and PutFinal.
func TestPutWaitingEndsByAbortOrFinal(t *testing.T) {
	why := errors.New("why")
	for name, end := range map[string]func(*boundOutbox) (left int){
		"Abort":    func(o *boundOutbox) int { o.Abort(why); return 100 }, // what was queued
		"PutFinal": func(o *boundOutbox) int { o.PutFinal(nil, why); return 0 },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				o, s, _ := scripted(100, 0)
				put(t, o, text(strings.Repeat("x", 96)), fragment(frame.Text, false, ""))
				forRoom := waiting(t, o, t.Context(), control(frame.Ping, "wait"))
				forEnd := waiting(t, o, t.Context(), text("wait"))
				left := end(o)
				expectError(t, <-forRoom, why)
				expectError(t, <-forEnd, why)
				runAll(o, s)
				if n := o.Buffered(); n != left {
					t.Fatalf("%d bytes are buffered, want %d", n, left)
				}
			})
		})
	}
}
