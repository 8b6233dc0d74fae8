package outbox

import (
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/handset-go/handset/internal/frame"
)

// With two others who keep sending fragmented messages, each would otherwise have
// its turn before the third for ever.
func TestOrderOfOpenedMessages(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o, s, _ := scripted(100, 0)
		open := fragment(frame.Text, false, strings.Repeat("x", 98))
		put(t, o, open)
		first := waiting(t, o, t.Context(), fragment(frame.Text, false, "early"))
		last := waiting(t, o, t.Context(), fragment(frame.Continuation, true, "last"))
		second := waiting(t, o, t.Context(), fragment(frame.Text, true, "late"))
		runAll(o, s)
		expectError(t, <-last, nil)
		expectError(t, <-first, nil)
		put(t, o, fragment(frame.Continuation, true, "end"))
		runAll(o, s)
		expectError(t, <-second, nil)
		expectSent(t, s, open, fragment(frame.Continuation, true, "last"), fragment(frame.Text, false, "early"),
			fragment(frame.Continuation, true, "end"), fragment(frame.Text, true, "late"))
	})
}

// While one message is compressed another one that fits would be next, and so on, and a
// fragmented message would never be opened.
func TestOrderIsNotDelayedByCompression(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o, s, h := compressing()
		o.limit, s.free = 100, 0
		h.begins, h.goOn = make(chan struct{}, 9), make(chan struct{})
		o.cb = noOrder{h}
		full, packs := text(strings.Repeat("x", 50)), toCompress(frame.Text, true, strings.Repeat("y", 40))
		put(t, o, full)
		first := waiting(t, o, t.Context(), packs) // is compressed
		opens := waiting(t, o, t.Context(), fragment(frame.Text, false, "fragment"))
		second := waiting(t, o, t.Context(), packs)
		runAll(o, s) // which frees space
		synctest.Wait()
		if n := len(h.begins); n != 1 {
			t.Errorf("%d messages are being compressed, want the first alone", n)
		}
		close(h.goOn)
		expectError(t, <-first, nil)
		expectError(t, <-opens, nil)
		put(t, o, fragment(frame.Continuation, true, "end"))
		expectError(t, <-second, nil)
		runAll(o, s)
	})
}

// A frame that fits and need not wait does not overtake one that waits to open a
// message either, if it is to be compressed.
func TestOrderCompressesOneAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o, _, h := compressing()
		h.begins, h.goOn = make(chan struct{}, 9), make(chan struct{})
		o.cb = noOrder{h}
		first := waiting(t, o, t.Context(), toCompress(frame.Text, true, "first"))
		opens := waiting(t, o, t.Context(), fragment(frame.Text, false, "fragment"))
		expectError(t, o.TryPut(toCompress(frame.Text, true, "second")), ErrFull)
		expectError(t, o.TryPut(text("plain")), nil)
		close(h.goOn)
		expectError(t, <-first, nil)
		expectError(t, <-opens, nil)
	})
}

// noOrder is a slowCompressor whose Compressing, a lock that synctest cannot wait for,
// does not lock.
type noOrder struct{ *slowCompressor }

func (noOrder) Compressing() sync.Locker { return new(sync.Mutex) }
