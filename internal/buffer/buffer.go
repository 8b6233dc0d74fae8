// Package buffer lends byte slices from pools, so that a connection holds
// memory only while it has bytes to keep.
package buffer

import (
	"sync"

	"github.com/handset-go/handset/internal/overwrite"
)

// Buffer is a slice on loan. Bytes may be resliced but not replaced by the
// borrower; Grow and Free are the ways to another one.
type Buffer struct {
	Bytes []byte // its capacity is the loan
	class int8
}

// classes are the capacities that are pooled, each about four times the one
// before: a buffer that is kept at least a quarter full wastes no more than
// about three times what it holds. The larger ones have room for a round number
// of bytes and something on top, such as a frame's header.
var classes = [...]int{256, 1 << 10, 4 << 10, 18<<10 - offset, 72<<10 - offset, 264<<10 - offset, 1032<<10 - offset}

// offset is where the bytes of a buffer of more than a page begin within it.
// Copying to a place that is a few bytes further in its page than the source in
// its own takes AMD's processors four times as long, and that is what the
// kernel would have to do on every send from the beginning of a page: the
// frame's header is in front.
const (
	offset = 64
	page   = 4 << 10
)

const unpooled = -1

var pools [len(classes)]sync.Pool

// Get lends an empty buffer with a capacity of at least n.
func Get(n int) *Buffer {
	if c := classOf(n); c != unpooled {
		if b, _ := pools[c].Get().(*Buffer); b != nil {
			return b
		}
	}
	return fresh(n)
}

// fresh makes a buffer. It is apart so that the usual way through Get needs
// little stack: a session that is read and written deep down in a goroutine of
// two kilobytes should not cost it another two.
//
//go:noinline
func fresh(n int) *Buffer {
	c := classOf(n)
	if c != unpooled {
		n = classes[c]
	}
	if n <= page {
		return &Buffer{Bytes: make([]byte, 0, n), class: int8(c)}
	}
	return &Buffer{Bytes: make([]byte, offset, offset+n)[offset:], class: int8(c)}
}

// Free ends the loan. The bytes must not be touched any more. Free of a nil
// buffer does nothing.
func (b *Buffer) Free() {
	if b == nil || b.class == unpooled || overwrite.Enabled() {
		return
	}
	b.Bytes = b.Bytes[:0]
	pools[b.class].Put(b)
}

// Grow returns a buffer with the same bytes and room for n more, b itself when
// it has that room. Otherwise b has been freed and capacity at least doubled.
func (b *Buffer) Grow(n int) *Buffer {
	need := len(b.Bytes) + n
	if need <= cap(b.Bytes) {
		return b
	}
	return b.moved(max(need, 2*cap(b.Bytes)))
}

// Fit returns the smallest pooled buffer that holds the same bytes: b itself
// when no smaller class would do. Otherwise b has been freed.
func (b *Buffer) Fit() *Buffer {
	if c := classOf(len(b.Bytes)); c == unpooled || classes[c] >= cap(b.Bytes) {
		return b
	}
	return b.moved(len(b.Bytes))
}

func (b *Buffer) moved(n int) *Buffer {
	bigger := Get(n)
	bigger.Bytes = append(bigger.Bytes, b.Bytes...)
	b.Free()
	return bigger
}

func classOf(n int) int {
	for c, size := range classes {
		if n <= size {
			return c
		}
	}
	return unpooled
}
