package outbox

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/handset-go/handset/internal/frame"
)

// While a message is open, control frames are sent and other messages wait.
func TestOpenMessageBlocksData(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o, s, _ := scripted(1000, endless)
		begin := fragment(frame.Text, false, "begin")
		put(t, o, begin)
		whole := waiting(t, o, t.Context(), text("whole"))
		theirs := waiting(t, o, t.Context(), fragment(frame.Binary, false, "theirs"))
		behind := waiting(t, o, t.Context(), text("behind theirs"))
		expectError(t, o.TryPut(text("try")), ErrFull)

		ping, pong := control(frame.Ping, "p"), control(frame.Pong, "q")
		put(t, o, ping)
		o.PutPong(pong.Data, false)
		middle, last := fragment(frame.Continuation, false, "middle"), fragment(frame.Continuation, true, "last")
		put(t, o, middle, last)
		expectError(t, <-whole, nil)
		expectError(t, <-theirs, nil)
		runAll(o, s) // time stands still here: so many writes in a row are a stream's
		expectSent(t, s, begin, ping, pong, middle, last, text("whole"), fragment(frame.Binary, false, "theirs"))
		select {
		case err := <-behind:
			t.Fatalf("data went into an open message: %v", err)
		default:
		}
		o.Abort(context.Canceled)
		expectError(t, <-behind, context.Canceled)
	})
}

// The last fragment is sent before the messages that wait for it.
func TestOpenMessageLastFragmentFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o, s, _ := scripted(100, 0)
		begin := fragment(frame.Text, false, strings.Repeat("x", 90))
		put(t, o, begin)
		whole := waiting(t, o, t.Context(), text("whole"))
		last := waiting(t, o, t.Context(), fragment(frame.Continuation, true, strings.Repeat("y", 90)))
		runAll(o, s)
		expectError(t, <-last, nil)
		expectError(t, <-whole, nil)
		expectSent(t, s, begin, fragment(frame.Continuation, true, strings.Repeat("y", 90)), text("whole"))
	})
}

// After a large last fragment the messages that wait for it are sent.
func TestOpenMessageLargeLastFragment(t *testing.T) {
	for _, free := range []int{endless, 1000} {
		synctest.Test(t, func(t *testing.T) {
			o, s, _ := scripted(1<<20, free)
			begin, last := fragment(frame.Text, false, "begin"), fragment(frame.Continuation, true, strings.Repeat("y", 40<<10))
			put(t, o, begin)
			whole := waiting(t, o, t.Context(), text("whole"))
			put(t, o, last)
			expectError(t, <-whole, nil)
			runAll(o, s)
			expectSent(t, s, begin, last, text("whole"))
		})
	}
}

// A send that waits while a message is open returns when its context ends.
func TestOpenMessageContextEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o, s, _ := scripted(1000, endless)
		begin, last := fragment(frame.Text, false, ""), fragment(frame.Continuation, true, "")
		put(t, o, begin)
		ctx, cancel := context.WithCancel(t.Context())
		w := waiting(t, o, ctx, text("withdrawn"))
		cancel()
		expectError(t, <-w, context.Canceled)
		put(t, o, last, text("after"))
		runAll(o, s) // the last of several writes in a row
		expectSent(t, s, begin, last, text("after"))
	})
}
