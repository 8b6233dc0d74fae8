package buffer

import (
	"bytes"
	"fmt"
	"testing"
	"unsafe"
)

// fill is n bytes whose period is no power of two.
func fill(n int) []byte {
	period := make([]byte, 251)
	for i := range period {
		period[i] = byte(i)
	}
	return bytes.Repeat(period, n/len(period)+1)[:n:n]
}

// The larger classes.
const (
	c18   = 18<<10 - offset
	c72   = 72<<10 - offset
	c264  = 264<<10 - offset
	c1032 = 1032<<10 - offset
)

// Get returns an empty buffer of the smallest class that is large enough.
func TestGetSmallestClass(t *testing.T) {
	for _, c := range []struct{ n, want int }{
		{0, 256}, {1, 256}, {256, 256}, {257, 1 << 10}, {1 << 10, 1 << 10}, {1<<10 + 1, 4 << 10}, {4 << 10, 4 << 10},
		{4<<10 + 1, c18}, {c18, c18}, {c18 + 1, c72}, {c72, c72},
		{c72 + 1, c264}, {c264 + 1, c1032}, {c1032, c1032}, {c1032 + 1, c1032 + 1},
	} {
		b := Get(c.n)
		if len(b.Bytes) != 0 || cap(b.Bytes) != c.want {
			t.Errorf("Get(%d): length %d, capacity %d; want 0, %d", c.n, len(b.Bytes), cap(b.Bytes), c.want)
		}
		b.Free()
	}
}

// A freed buffer is reused empty and with its whole capacity.
func TestGetAfterFree(t *testing.T) {
	for range 100 {
		b := Get(1 << 10)
		if len(b.Bytes) != 0 || cap(b.Bytes) != 1<<10 {
			t.Fatalf("length %d, capacity %d", len(b.Bytes), cap(b.Bytes))
		}
		b.Bytes = append(b.Bytes, fill(1000)...)[:500]
		b.Free()
	}
}

func TestBuffersDoNotShareMemory(t *testing.T) {
	var taken []*Buffer
	for i := range 50 {
		b := Get(100)
		b.Bytes = append(b.Bytes, bytes.Repeat([]byte{byte(i)}, 256)...)
		taken = append(taken, b)
		if i%3 == 2 {
			taken[0].Free()
			taken = taken[1:]
		}
	}
	for _, b := range taken {
		if want := bytes.Repeat(b.Bytes[:1], 256); !bytes.Equal(b.Bytes, want) {
			t.Fatal("a buffer was changed through another one")
		}
	}
}

// Grow makes space and keeps the bytes.
func TestGrow(t *testing.T) {
	for _, c := range []struct{ held, more, want int }{
		{0, 0, 256}, {0, 256, 256}, {200, 56, 256}, {200, 57, 1 << 10}, {256, 1, 1 << 10},
		{1 << 10, 1, 4 << 10}, {4 << 10, 20 << 10, c72}, {c72, 1, c264},
		{c1032, 1, 2 * c1032}, {3 << 20, 1, 6 << 20},
	} {
		t.Run(fmt.Sprintf("held=%d,more=%d", c.held, c.more), func(t *testing.T) {
			b := Get(c.held)
			b.Bytes = append(b.Bytes, fill(c.held)...)
			had := cap(b.Bytes)
			grown := b.Grow(c.more)
			if !bytes.Equal(grown.Bytes, fill(c.held)) {
				t.Error("the bytes are not the same")
			}
			if cap(grown.Bytes) != c.want {
				t.Errorf("capacity %d, want %d", cap(grown.Bytes), c.want)
			}
			if same := grown == b; same != (c.want == had) {
				t.Errorf("the same buffer: %v", same)
			}
			grown.Free()
		})
	}
}

// Fit moves the bytes to the smallest class that holds them.
func TestFit(t *testing.T) {
	for _, c := range []struct{ room, held, want int }{
		{256, 0, 256}, {256, 256, 256}, {1 << 10, 256, 256}, {1 << 10, 257, 1 << 10},
		{c18, 0, 256}, {c18, 5, 256}, {c18, 4<<10 + 1, c18},
		{c72, 16 << 10, c18}, {c1032, 100, 256}, {3 << 20, 100, 256}, {3 << 20, 2 << 20, 3 << 20},
	} {
		t.Run(fmt.Sprintf("room=%d,held=%d", c.room, c.held), func(t *testing.T) {
			b := Get(c.room)
			b.Bytes = append(b.Bytes, fill(c.held)...)
			fitting := b.Fit()
			if !bytes.Equal(fitting.Bytes, fill(c.held)) {
				t.Error("the bytes are not the same")
			}
			if cap(fitting.Bytes) != c.want {
				t.Errorf("capacity %d, want %d", cap(fitting.Bytes), c.want)
			}
			if same := fitting == b; same != (c.want == c.room) {
				t.Errorf("the same buffer: %v", same)
			}
			fitting.Free()
		})
	}
}

// Free does nothing for a nil Buffer.
func TestFreeNil(t *testing.T) {
	var b *Buffer
	b.Free() // must not panic
	Get(5 << 20).Free()
}

// The bytes of a large buffer do not begin at a page.
func TestGetLargeIsNotPageAligned(t *testing.T) {
	for _, n := range []int{c18, c72, c264, c1032, 3 << 20} {
		b := Get(n)
		at := uintptr(unsafe.Pointer(unsafe.SliceData(b.Bytes))) % page
		if b.Free(); at < 16 || at > page-16 {
			t.Errorf("%d bytes begin at %d of a page", n, at)
		}
	}
}
