// Package buffer provides byte slices from pools, so that a connection holds memory
// only while it has bytes to keep.
package buffer

import (
	"sync"

	"github.com/handset-go/handset/internal/overwrite"
)

// Buffer is a byte slice from a pool. Between Get and Free it belongs to the caller,
// who may append to Bytes within its capacity, or reslice it from its start. Use Grow
// for more capacity.
type Buffer struct {
	Bytes []byte
	class int8
}

// classes are the capacities, in bytes, that are pooled, each about four times the one
// before: a buffer that is at least a quarter full wastes at most about three times
// what it holds. The larger ones hold a round number of bytes and a few more, such as
// a frame's header.
var classes = [...]int{256, 1 << 10, 4 << 10, 18<<10 - offset, 72<<10 - offset, 264<<10 - offset, 1032<<10 - offset}

// offset is the index in memory of more than a page at which a buffer begins. The
// kernel copies a payload that is sent to a place behind the frame's header. If the
// payload began at the start of a page, that place would be a few bytes further in its
// own page, and such copies take AMD processors four times as long.
const (
	offset = 64
	page   = 4 << 10
)

const unpooled = -1

var pools [len(classes)]sync.Pool

// Get returns an empty buffer with a capacity of at least n bytes.
func Get(n int) *Buffer {
	if c := classOf(n); c != unpooled {
		if b, _ := pools[c].Get().(*Buffer); b != nil {
			return b
		}
	}
	return fresh(n)
}

// fresh allocates a buffer. It is a function of its own, not inlined, to keep Get's
// stack frame small: the stack of a goroutine that serves a session should stay at 2 KiB.
//
//go:noinline
func fresh(n int) *Buffer {
	c := classOf(n)
	if c != unpooled {
		n = classes[c]
	}
	b := &Buffer{class: int8(c)}
	if n <= page {
		b.Bytes = make([]byte, 0, n)
	} else {
		b.Bytes = make([]byte, offset, offset+n)[offset:]
	}
	return b
}

// Free puts the buffer back into its pool. Neither the Buffer nor its bytes may be used
// any more. Free does nothing if b is nil.
func (b *Buffer) Free() {
	if b == nil || b.class == unpooled || overwrite.Enabled() {
		return
	}
	b.Bytes = b.Bytes[:0]
	pools[b.class].Put(b)
}

// Grow returns a buffer with the same bytes and capacity for n more: b itself if it has
// that. Otherwise it frees b and returns one with at least twice its capacity.
func (b *Buffer) Grow(n int) *Buffer {
	if n <= cap(b.Bytes)-len(b.Bytes) {
		return b
	}
	return b.grown(n)
}

// grown is Grow of a Buffer that is too small. It is separate so that Grow is inlined.
//
//go:noinline
func (b *Buffer) grown(n int) *Buffer { return b.moved(max(len(b.Bytes)+n, 2*cap(b.Bytes))) }

// Fit returns the smallest pooled buffer that holds the same bytes: b itself if no
// smaller one does. Otherwise it frees b.
func (b *Buffer) Fit() *Buffer {
	if c := classOf(len(b.Bytes)); c == unpooled || classes[c] >= cap(b.Bytes) {
		return b
	}
	return b.moved(len(b.Bytes))
}

// moved returns a buffer with the same bytes and a capacity of at least n, and frees b.
func (b *Buffer) moved(n int) *Buffer {
	other := Get(n)
	other.Bytes = append(other.Bytes, b.Bytes...)
	b.Free()
	return other
}

func classOf(n int) int {
	for c, size := range &classes { // not a copy of it, which would be on the stack
		if n <= size {
			return c
		}
	}
	return unpooled
}
