// Package window is the end of what one direction has carried.
package window

import (
	"math/bits"
	"sync"
)

const (
	MinBits = 8  // the least and
	MaxBits = 15 // the most that a window may have (RFC 7692 §7.1.2)
)

// Window is the end of what one direction has carried: the bytes that matches
// may refer to. It is a ring that takes memory only for what it holds, up to
// its size, a power of two from 256 bytes to 32 KiB.
type Window struct {
	block *block // nil while empty
	next  int32  // where the oldest byte is once the ring is full, until then 0
	size  int32
}

// New returns an empty window of size bytes.
func New(size int) Window { return Window{size: int32(size)} }

// Size is how many bytes the window can hold.
func (w *Window) Size() int { return int(w.size) }

// Held is the memory the window has on loan.
func (w *Window) Held() int {
	if w.block == nil {
		return 0
	}
	return cap(w.block.bytes)
}

// block is the memory of a window.
type block struct{ bytes []byte }

// blocks are pools of memory of 256 bytes, 512 bytes, and so on to 32 KiB.
var blocks [MaxBits - MinBits + 1]sync.Pool

func classOf(n int) int { return max(bits.Len(uint(n-1))-MinBits, 0) }

func newBlock(n int) *block {
	class := classOf(n)
	if b, _ := blocks[class].Get().(*block); b != nil {
		return b
	}
	return &block{make([]byte, 0, 1<<(class+MinBits))}
}

func (b *block) free() {
	b.bytes = b.bytes[:0]
	blocks[classOf(cap(b.bytes))].Put(b)
}

// Len is how many bytes the window holds.
func (w *Window) Len() int {
	if w.block == nil {
		return 0
	}
	return len(w.block.bytes)
}

// Add moves the window forward over p.
func (w *Window) Add(p []byte) {
	if excess := len(p) - int(w.size); excess > 0 {
		p = p[excess:]
	}
	p = p[w.fill(p):]
	for len(p) > 0 {
		n := copy(w.block.bytes[w.next:], p)
		w.next = (w.next + int32(n)) & (w.size - 1)
		p = p[n:]
	}
}

// fill takes what fits of p before the ring is full.
func (w *Window) fill(p []byte) int {
	held := w.Len()
	n := min(int(w.size)-held, len(p))
	if n == 0 {
		return 0
	}
	if w.block == nil || held+n > cap(w.block.bytes) {
		w.grow(held + n)
	}
	w.block.bytes = append(w.block.bytes, p[:n]...)
	return n
}

func (w *Window) grow(need int) {
	b := newBlock(need)
	if w.block != nil {
		b.bytes = append(b.bytes, w.block.bytes...)
		w.block.free()
	}
	w.block = b
}

// CopyTo fills dst with the bytes that begin distance bytes back, as far as
// the window goes, and returns their number. The window must hold them.
func (w *Window) CopyTo(dst []byte, distance int) int {
	ring := w.block.bytes
	from := int(w.next) - distance
	if from >= 0 {
		return copy(dst, ring[from:w.next])
	}
	n := copy(dst, ring[from+len(ring):])
	return n + copy(dst[n:], ring[:w.next])
}

// AppendLast appends the newest n bytes, or all if there are fewer.
func (w *Window) AppendLast(dst []byte, n int) []byte {
	if n = min(n, w.Len()); n <= 0 {
		return dst
	}
	start := len(dst)
	dst = append(dst, w.block.bytes[:n]...) // makes room
	w.CopyTo(dst[start:], n)
	return dst
}

// Free gives the memory back and empties the window.
func (w *Window) Free() {
	if w.block != nil {
		w.block.free()
		w.block, w.next = nil, 0
	}
}
