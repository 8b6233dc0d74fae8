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

// After Abort nothing is written.
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
	if h.drained != 0 || o.Buffered() != 0 {
		t.Fatalf("drained %d times, %d bytes buffered", h.drained, o.Buffered())
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
			if got := o.Buffered(); got != 0 {
				t.Fatalf("%d bytes are still buffered", got)
			}
		}
	}
}

// After a failed write nothing is written.
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
		if got := o.Buffered(); got != 0 {
			t.Fatalf("%d bytes are still buffered", got)
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
	if len(s.sent()) != 3 {
		t.Fatalf("sent %q", s.sent())
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
