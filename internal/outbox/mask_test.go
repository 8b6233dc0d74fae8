package outbox

import (
	"bytes"
	"testing"
	"testing/synctest"

	"github.com/handset-go/handset/internal/frame"
)

// maskedScripted is scripted for a client.
func maskedScripted(limit, free int) (*boundOutbox, *script) {
	o, s, _ := scripted(limit, free)
	o.Init(limit, frame.Client)
	return o, s
}

// A client's frames are masked, each by another key, whatever their length and their
// way through the queue, and the sender's bytes are not.
func TestMaskedFrames(t *testing.T) {
	for _, free := range []int{0, 1000, endless} {
		synctest.Test(t, func(t *testing.T) {
			o, s := maskedScripted(1<<20, free)
			var want [][]byte
			for _, n := range []int{0, 1, 125, 126, large - 1, large, 70_000} {
				payload := bytes.Repeat([]byte{'a'}, n)
				put(t, o, &Frame{Opcode: frame.Binary, Fin: true, Data: payload})
				if !bytes.Equal(payload, bytes.Repeat([]byte{'a'}, n)) {
					t.Fatalf("len=%d: the sender's bytes were changed", n)
				}
				want = append(want, payload)
			}
			o.PutPong([]byte("pong"), false)
			o.PutFinal([]byte{3, 232}, ErrFull)
			want = append(want, []byte("pong"), []byte{3, 232})
			runAll(o, s)
			expectMasked(t, s.sent(), want)
		})
	}
}

// expectMasked fails the test unless sent is masked frames with the payloads.
func expectMasked(t *testing.T, sent []byte, want [][]byte) {
	t.Helper()
	keys := map[frame.Key]bool{}
	for i, payload := range want {
		h, n, err := frame.Parse(sent, frame.Server, false)
		if n == 0 || err != nil {
			t.Fatalf("frame %d: header of %d bytes, %v", i, n, err)
		}
		got := sent[n : n+int(h.Length)]
		frame.Mask(got, h.Key)
		if !bytes.Equal(got, payload) {
			t.Fatalf("frame %d: payload of %d bytes, want %d", i, len(got), len(payload))
		}
		if keys[h.Key] {
			t.Errorf("frame %d: a key was used before", i)
		}
		keys[h.Key], sent = true, sent[n+int(h.Length):]
	}
	if len(sent) > 0 {
		t.Errorf("%d bytes too many", len(sent))
	}
}

// A generator of keys has its own random seed, so that nobody can know its keys, who
// knows those of another one (RFC 6455 §10.3).
func TestMaskingKeysAreRandom(t *testing.T) {
	const generators = 100
	keys := map[uint64]bool{}
	for range generators {
		var q queue
		q.seedKeys()
		keys[q.keys.Uint64()] = true
	}
	if len(keys) != generators {
		t.Errorf("%d generators begin with %d keys", generators, len(keys))
	}
}

// What is queued counts with the masking key, which is part of the header.
func TestMaskedFrameSize(t *testing.T) {
	o, _ := maskedScripted(2*(2+4+10), 0)
	put(t, o, text("0123456789"), text("0123456789"))
	if n := o.Buffered(); n != 32 {
		t.Errorf("%d bytes are queued, want 32", n)
	}
	expectError(t, o.TryPut(text("")), ErrFull)
}

func TestMaskedFramesAllocateNothing(t *testing.T) {
	if raced {
		t.Skip("the race detector allocates")
	}
	o, s := maskedScripted(1<<20, endless)
	for _, n := range []int{100, 100_000} {
		f := &Frame{Opcode: frame.Binary, Fin: true, Data: make([]byte, n)}
		allocs := testing.AllocsPerRun(100, func() {
			o.Idle(Count{}) // as a reader that waits, so that writes are not in a row
			put(t, o, f)
			s.writes = s.writes[:0]
		})
		if allocs > 2 { // those of the script, which copies what it takes
			t.Errorf("len=%d: %v allocations", n, allocs)
		}
	}
}
