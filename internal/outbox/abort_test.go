package outbox

import (
	"errors"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/handset-go/handset/internal/frame"
)

var errAborted = errors.New("aborted")

// After Abort nothing is written, and Buffered returns what was not.
func TestAbortDropsQueue(t *testing.T) {
	o, s, h := scripted(1000, 3)
	put(t, o, text("partly"))
	o.PutPong(nil, false)
	o.Abort(errAborted)
	s.free = endless
	expectError(t, o.TryPut(text("late")), errAborted)
	o.PutFinal(nil, errors.New("final"))
	o.Flush()
	runAll(o, s)
	if got := string(s.sent()); got != string(wire(text("partly"))[:3]) {
		t.Fatalf("sent %q after Abort", got)
	}
	if want := len(wire(text("partly"))) - 3 + len(wire(control(frame.Pong, ""))); h.drained != 0 || o.Buffered() != want {
		t.Fatalf("drained %d times, %d bytes buffered, want %d", h.drained, o.Buffered(), want)
	}
}

// Abort during a write makes the writer return.
func TestAbortDuringWrite(t *testing.T) {
	for _, n := range []int{10, 40 << 10} {
		for _, free := range []int{endless, 0} {
			o, s, h := scripted(1<<20, free)
			s.onTry = func(int) {
				put(t, o, text("joins"))
				o.Abort(errAborted)
			}
			put(t, o, text(strings.Repeat("x", n)))
			runAll(o, s)
			if s.tries != 1 || h.drained+len(h.failed) != 0 {
				t.Fatalf("%d writes, drained %d times, failed with %v", s.tries, h.drained, h.failed)
			}
			want := len(wire(text("joins")))
			if free == 0 {
				want += len(wire(text(strings.Repeat("x", n))))
			}
			if got := o.Buffered(); got != want {
				t.Fatalf("%d bytes are buffered, want %d", got, want)
			}
		}
	}
}

// After a failed write nothing is written, and Buffered returns what was not.
func TestWriteFailedIsFinal(t *testing.T) {
	broken := errors.New("broken")
	for _, n := range []int{10, 40 << 10} {
		o, s, h := scripted(1<<20, endless)
		s.err = broken
		put(t, o, text(strings.Repeat("x", n))) // was queued: WriteFailed reports the loss
		s.err = nil
		expectError(t, o.TryPut(text("late")), broken)
		o.Flush()
		o.PutFinal(nil, errFinal)
		runAll(o, s)
		if len(s.writes) != 0 || !slices.Equal(h.failed, []error{broken}) || h.drained != 0 {
			t.Fatalf("wrote %q, failed with %v, drained %d times", s.writes, h.failed, h.drained)
		}
		if got, want := o.Buffered(), len(wire(text(strings.Repeat("x", n)))); got != want {
			t.Fatalf("%d bytes are buffered, want %d", got, want)
		}
	}
}

// A background write that fails is reported once.
func TestWriteFailedIsReportedOnce(t *testing.T) {
	o, s, h := scripted(1000, 0)
	put(t, o, text("one"), text("two"))
	s.waits = []int{3} // and then no more: a timeout
	o.Run()
	expectError(t, o.TryPut(text("late")), os.ErrDeadlineExceeded)
	if len(h.failed) != 1 || h.failed[0] != os.ErrDeadlineExceeded {
		t.Fatalf("failed with %v, want one timeout", h.failed)
	}
	if want := len(wire(text("one"), text("two"))) - 3; len(s.sent()) != 3 || o.Buffered() != want {
		t.Fatalf("sent %q, %d bytes are buffered, want %d", s.sent(), o.Buffered(), want)
	}
}

// The background writer also writes frames that are queued while it writes.
func TestWriterWritesLaterFrames(t *testing.T) {
	o, s, h := scripted(1000, 0)
	put(t, o, text("first"))
	s.waits = []int{endless, endless, endless}
	s.onWait = func(call int) {
		if call == 0 {
			put(t, o, text("second"), control(frame.Ping, ""))
		}
	}
	o.Run()
	expectSent(t, s, text("first"), text("second"), control(frame.Ping, ""))
	if h.writers != 1 || len(s.writes) != 2 {
		t.Fatalf("%d writers, %d writes, want 1 and 2", h.writers, len(s.writes))
	}
}
