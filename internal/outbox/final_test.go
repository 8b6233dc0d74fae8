package outbox

import (
	"errors"
	"strings"
	"testing"

	"github.com/handset-go/handset/internal/frame"
)

var errFinal = errors.New("final")

// The final frame is written last, and Drained is called after it.
func TestFinalFrameIsLast(t *testing.T) {
	for _, free := range []int{endless, 3, 0} {
		o, s, h := scripted(100, free)
		full := text(strings.Repeat("x", 98))
		put(t, o, full)
		o.PutFinal([]byte("\x03\xe8"), errFinal)
		if free != endless && h.drained != 0 {
			t.Fatal("drained was called before the final frame had left")
		}
		o.PutFinal([]byte("\x03\xe9"), errors.New("another"))
		expectError(t, o.TryPut(text("late")), errFinal)
		if free != endless {
			runAll(o, s)
		}
		expectSent(t, s, full, control(frame.Close, "\x03\xe8"))
		if h.drained != 1 {
			t.Fatalf("drained was called %d times, want 1", h.drained)
		}
	}
}

// The final frame does not wait while a message is open.
func TestFinalFrameInOpenMessage(t *testing.T) {
	o, s, _ := scripted(1000, endless)
	put(t, o, fragment(frame.Text, false, "open"))
	o.PutFinal(nil, errFinal)
	expectSent(t, s, fragment(frame.Text, false, "open"), control(frame.Close, ""))
	expectError(t, o.TryPut(fragment(frame.Continuation, true, "")), errFinal)
}

// The final frame is written together with batched frames.
func TestFinalFrameFlushesBatch(t *testing.T) {
	o, s, h := scripted(1000, endless)
	batched := text("batched")
	batched.Batch = true
	put(t, o, batched)
	o.PutFinal(nil, errFinal)
	expectSent(t, s, batched, control(frame.Close, ""))
	if len(s.writes) != 1 || h.drained != 1 {
		t.Fatalf("%d writes, drained %d times, want 1 and 1", len(s.writes), h.drained)
	}
	o.Flush() // the timer
	expectSent(t, s, batched, control(frame.Close, ""))
}
