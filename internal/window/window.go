// Package window holds the end of a stream of bytes: what the matches of
// DEFLATE (RFC 1951 §2) may refer to. The decoder in internal/inflate and the
// compressor in internal/deflate use it. It does no I/O.
package window

import (
	"math/bits"
	"sync"
)

// The base-two logarithms of the smallest and of the largest size of a Window,
// 256 bytes and 32 KiB (RFC 7692 §7.1.2).
const (
	MinBits = 8
	MaxBits = 15
)

// Window holds the last bytes of a stream. It is a ring buffer that takes
// memory from a pool, as much as it has bytes to hold, up to its size. A Window
// must not be copied once it holds bytes, and is not safe for concurrent use.
type Window struct {
	block *block // nil while empty
	next  int32  // where the oldest byte is once the ring is full, until then 0
	size  int32
}

// New returns an empty window for the last size bytes, which must be a power of
// two from 256 to 32,768.
func New(size int) Window { return Window{size: int32(size)} }

// block is the memory of a window, which the pools hand out.
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

// Size returns the number of bytes that the window can hold.
func (w *Window) Size() int { return int(w.size) }

// Held returns how much memory the window has taken from the pool, in bytes.
func (w *Window) Held() int {
	if w.block == nil {
		return 0
	}
	return cap(w.block.bytes)
}

// Len returns the number of bytes that the window holds.
func (w *Window) Len() int {
	if w.block == nil {
		return 0
	}
	return len(w.block.bytes)
}

// Add appends p to the stream. The window then holds the last bytes of it, up
// to its size. It keeps no reference to p.
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

// fill appends to the ring as much of p as fits before the ring is full, and
// returns the number of bytes.
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

// CopyTo copies to dst what begins distance bytes before the end of the stream,
// until dst is full or the stream at its end, and returns the number of bytes
// copied. distance must be from 1 to Len.
func (w *Window) CopyTo(dst []byte, distance int) int {
	ring := w.block.bytes
	from := int(w.next) - distance
	if from >= 0 {
		return copy(dst, ring[from:w.next])
	}
	n := copy(dst, ring[from+len(ring):])
	return n + copy(dst[n:], ring[:w.next])
}

// AppendLast appends to dst the last n bytes of the stream, or all that the window
// holds if that is less, and returns the extended slice.
func (w *Window) AppendLast(dst []byte, n int) []byte {
	if n = min(n, w.Len()); n <= 0 {
		return dst
	}
	start := len(dst)
	dst = append(dst, w.block.bytes[:n]...) // extends dst
	w.CopyTo(dst[start:], n)
	return dst
}

// Free returns the memory to the pool and empties the window. A window that
// was freed may be used again.
func (w *Window) Free() {
	if w.block != nil {
		w.block.free()
		w.block, w.next = nil, 0
	}
}
