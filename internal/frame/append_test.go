package frame

import (
	"bytes"
	"testing"
)

// A masked frame is one that a server parses, and whose payload is the sender's.
func TestAppendMasked(t *testing.T) {
	for _, n := range lengths() {
		payload := pattern(n)
		before := []byte("before")
		got := AppendMasked(append(make([]byte, 0, len(before)+MaxHeader+n), before...), Binary, n%2 == 0, n, keyOf(testKey))
		got = AppendPayload(got, payload, keyOf(testKey))
		if !bytes.HasPrefix(got, before) || len(got) != len(before)+Size(n)+KeyLength {
			t.Fatalf("len=%d: %d bytes, want %d and a frame of %d", n, len(got), len(before), Size(n)+KeyLength)
		}
		h, size, err := Parse(got[len(before):], Server, false)
		want := Header{uint64(n), keyOf(testKey), firstByte(Binary, n%2 == 0)}
		if err != nil || h != want {
			t.Fatalf("len=%d: header %+v, %v, want %+v", n, h, err, want)
		}
		masked := got[len(before)+size:]
		unmasked := bytes.Clone(payload)
		naiveMask(unmasked, testKey, 0)
		if !bytes.Equal(masked, unmasked) {
			t.Fatalf("len=%d: not as the naive one", n)
		}
		if !bytes.Equal(payload, pattern(n)) {
			t.Fatalf("len=%d: the payload was changed", n)
		}
	}
}

func TestAppendMaskedAllocatesNothing(t *testing.T) {
	payload, dst := pattern(100_000), make([]byte, 0, 100_000+MaxHeader)
	for _, n := range []int{0, 100, 100_000} {
		if allocs := testing.AllocsPerRun(100, func() { AppendPayload(AppendMasked(dst, Text, true, n, 1), payload[:n], 1) }); allocs > 0 {
			t.Errorf("len=%d: %v allocations", n, allocs)
		}
	}
}
