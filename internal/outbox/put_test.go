package outbox

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/handset-go/handset/internal/frame"
)

// On an idle connection Put returns after the write.
func TestPutWritesWhenIdle(t *testing.T) {
	o, s, h := scripted(1000, endless)
	put(t, o, text("hello"))
	expectSent(t, s, text("hello"))
	if o.Buffered() != 0 || h.writers+h.timers != 0 {
		t.Fatalf("%d bytes are left, %d writers and %d timers were started", o.Buffered(), h.writers, h.timers)
	}
}

// Frames are written whole and in order, also by short writes.
func TestPutWholeFramesInOrder(t *testing.T) {
	for _, large := range []int{200, 17 << 10} { // copied, and from where it is
		for _, step := range []int{1, 2, 3, 7, 1000, 1 << 20} {
			for _, free := range []int{0, 1, 2, 5, 130} {
				t.Run(fmt.Sprintf("large=%d,step=%d,free=%d", large, step, free), func(t *testing.T) {
					o, s, h := scripted(1<<20, free)
					frames := []*Frame{text("one"), text(strings.Repeat("x", large)), control(frame.Ping, ""), text("four")}
					put(t, o, frames...)
					if h.writers != 1 {
						t.Fatalf("%d background writers were started, want 1", h.writers)
					}
					if got := o.Buffered() + len(s.sent()); got != len(wire(frames...)) {
						t.Fatalf("%d bytes are sent or buffered, want %d", got, len(wire(frames...)))
					}
					for range len(wire(frames...))/step + 10 {
						s.waits = append(s.waits, step)
					}
					o.Run()
					expectSent(t, s, frames...)
				})
			}
		}
	}
}

// Frames that are queued during a write are written together by the next.
func TestPutDuringWrite(t *testing.T) {
	o, s, _ := scripted(1<<20, endless)
	want := []*Frame{text("first")}
	s.onTry = func(call int) {
		for i := range 10 {
			if call == 1 {
				f := text(fmt.Sprint("joins ", i))
				put(t, o, f)
				want = append(want, f)
			}
		}
	}
	put(t, o, text("first"))
	expectSent(t, s, want...)
	if len(s.writes) != 2 {
		t.Fatalf("%d writes, want 2", len(s.writes))
	}
}

// Frames that are queued during a large write are written after it.
func TestPutDuringLargeWrite(t *testing.T) {
	for _, free := range []int{0, 1, 2, 4, 5, 20 << 10, endless} {
		o, s, _ := scripted(1<<20, free)
		s.onTry = func(call int) {
			if call == 1 {
				put(t, o, text("behind"))
			}
		}
		put(t, o, text(strings.Repeat("x", 30<<10)))
		s.onTry = nil
		runAll(o, s)
		expectSent(t, s, text(strings.Repeat("x", 30<<10)), text("behind"))
	}
}

// A sender writes a limited amount for others.
func TestPutLimitsWritesForOthers(t *testing.T) {
	o, s, h := scripted(1<<20, endless)
	s.onTry = func(int) { put(t, o, text("more")) }
	put(t, o, text("first"))
	if s.tries > 2*maxRounds || h.writers != 1 {
		t.Fatalf("%d writes in one Put, and %d background writers", s.tries, h.writers)
	}
}

// The queue accepts exactly its limit.
func TestPutLimit(t *testing.T) {
	o, s, _ := scripted(1000, 0)
	put(t, o, text(strings.Repeat("x", 400)), text(strings.Repeat("y", 1000-404-4-3)))
	if got := o.Buffered(); got != 997 {
		t.Fatalf("%d bytes are buffered, want 997", got)
	}
	expectError(t, o.TryPut(text("zz")), ErrFull)
	expectError(t, o.TryPut(text("z")), nil)
	expectError(t, o.TryPut(text("")), ErrFull)
	runAll(o, s)
	expectSent(t, s, text(strings.Repeat("x", 400)), text(strings.Repeat("y", 589)), text("z"))
}

// A frame larger than the queue is accepted when the queue is empty.
func TestPutLargerThanQueue(t *testing.T) {
	for _, n := range []int{1000, 100 << 10} {
		o, s, _ := scripted(500, 0)
		giant := text(strings.Repeat("x", n))
		put(t, o, giant)
		expectError(t, o.TryPut(giant), ErrFull)
		expectError(t, o.TryPut(text("")), ErrFull)
		runAll(o, s)
		expectSent(t, s, giant)
		expectError(t, o.TryPut(giant), nil)
	}
}

// Batched frames are written by one write when they are flushed.
func TestBatchIsOneWrite(t *testing.T) {
	o, s, h := scripted(1<<20, endless)
	var frames []*Frame
	for i := range 50 {
		f := text(fmt.Sprint("batched ", i))
		f.Batch = true
		frames = append(frames, f)
	}
	put(t, o, frames...)
	if s.tries != 0 || h.timers != 1 {
		t.Fatalf("%d writes and %d timers before Flush, want none and 1", s.tries, h.timers)
	}
	o.Flush()
	expectSent(t, s, frames...)
	if s.tries != 1 {
		t.Fatalf("%d writes, want 1", s.tries)
	}
	put(t, o, frames[0])
	if h.timers != 2 {
		t.Fatal("no timer was started for what batched after a Flush")
	}
}

// A reader that waits flushes a batch, unless the program has more messages to answer.
func TestBatchEndsWithIdle(t *testing.T) {
	o, s, h := scripted(1<<20, endless)
	f := text("batched")
	f.Batch = true
	put(t, o, f)
	o.Outbox.Idle(o.cb, Count{}, true)
	if s.tries != 0 || o.Buffered() != f.size() || h.timers != 1 {
		t.Fatalf("%d writes, %d bytes left, %d timers", s.tries, o.Buffered(), h.timers)
	}
	o.Idle(Count{})
	expectSent(t, s, f)
}

// A frame that is not batched is written together with batched ones.
func TestBatchEndsWithOtherFrame(t *testing.T) {
	for _, n := range []int{10, 20 << 10} {
		o, s, _ := scripted(1<<20, endless)
		batched, goes := text("batched"), text(strings.Repeat("x", n))
		batched.Batch = true
		put(t, o, batched, goes)
		expectSent(t, s, batched, goes)
		if len(s.writes) != 1 {
			t.Fatalf("%d writes, want 1", len(s.writes))
		}
	}
}

// At most 64 KiB are batched.
func TestBatchLimit(t *testing.T) {
	for _, size := range []int{1000, 10_000, 30_000, 100_000} {
		o, s, _ := scripted(1<<20, endless)
		f := text(strings.Repeat("x", size))
		f.Batch = true
		for n := f.size(); n < batchLimit; n += f.size() {
			put(t, o, f)
		}
		if s.tries != 0 {
			t.Fatalf("size %d: a write before 64 KiB were together", size)
		}
		put(t, o, f)
		if s.tries != 1 || o.Buffered() != 0 {
			t.Fatalf("size %d: %d writes at 64 KiB, %d bytes left", size, s.tries, o.Buffered())
		}
	}
}

// Batched frames are written when the queue is full.
func TestBatchDoesNotFillQueue(t *testing.T) {
	o, s, _ := scripted(100, endless)
	batched := text(strings.Repeat("x", 80))
	batched.Batch = true
	put(t, o, batched)
	expectError(t, o.TryPut(batched), nil)
	expectSent(t, s, batched)
}

// A Put that fails queues nothing; what is queued is written.
func TestPutRefusedQueuesNothing(t *testing.T) {
	o, s, _ := scripted(1000, 0)
	why := errors.New("why")
	put(t, o, text("queued"))
	o.PutFinal(nil, why)
	expectError(t, o.Put(context.Background(), text("late")), why)
	expectError(t, o.TryPut(text("late")), why)
	o.PutPong(nil, false)
	o.PutFinal(nil, errors.New("another"))
	expectError(t, o.TryPut(text("later")), why)
	runAll(o, s)
	expectSent(t, s, text("queued"), control(frame.Close, ""))
}

// Put copies what it does not write.
func TestPutCopies(t *testing.T) {
	for _, n := range []int{5, 40 << 10} {
		o, s, _ := scripted(1<<20, 3)
		f := text(strings.Repeat("x", n))
		put(t, o, f)
		clear(f.Data)
		runAll(o, s)
		expectSent(t, s, text(strings.Repeat("x", n)))
	}
}

// Queue returns what the transport has accepted.
func TestQueueTaken(t *testing.T) {
	for _, n := range []int{10, large} {
		o, s, _ := scripted(1<<20, n/2)
		put(t, o, text(strings.Repeat("x", n)))
		size := frame.Size(n)
		if queued, taken := o.Queue(); queued != size-n/2 || taken != uint32(n/2) {
			t.Errorf("%d bytes: %d queued and %d taken after half of them", n, queued, taken)
		}
		runAll(o, s)
		if queued, taken := o.Queue(); queued != 0 || taken != uint32(size) {
			t.Errorf("%d bytes: %d queued and %d taken at the end", n, queued, taken)
		}
	}
}

// A sender does not look at the time: what it has written may be more recent than
// what the background writer has.
func TestSinceTakenUnknown(t *testing.T) {
	o, s, _ := scripted(1000, 0)
	put(t, o, text("by the background writer"))
	runAll(o, s)
	if _, ok := o.SinceTaken(); !ok {
		t.Error("not known of the background writer")
	}
	s.free = endless
	put(t, o, text("by a sender"))
	if ago, ok := o.SinceTaken(); ok {
		t.Errorf("%v ago, which was the background writer", ago)
	}
}
