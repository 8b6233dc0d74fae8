// Package inbox holds the bytes that have been received on a connection and not been
// consumed, in a pooled buffer that is held only while there are such bytes.
package inbox

import (
	"github.com/handset-go/handset/internal/buffer"
	"github.com/handset-go/handset/internal/overwrite"
)

// Inbox is the receive buffer of a connection. It is not safe for concurrent use. The
// zero value is empty.
type Inbox struct {
	buf  *buffer.Buffer // nil while nothing is held
	next int            // the first byte of buf that was not consumed
}

// Add appends a copy of bytes that were read from the connection elsewhere, such as
// by net/http. If there is no buffer, it gets one of at least 4 KiB.
func (in *Inbox) Add(early []byte) {
	if len(early) > 0 {
		in.Arrived(copy(in.Space(max(len(early), smallSize)), early))
	}
}

// smallSize is the capacity, in bytes, of a buffer for a few frames.
const smallSize = 4 << 10

// Bytes returns the bytes that have not been consumed. The caller may change them in
// place. The slice is valid until the next call of Add, Space, Release, Spare or Free.
func (in *Inbox) Bytes() []byte {
	if in.buf == nil {
		return nil
	}
	return in.buf.Bytes[in.next:]
}

// Consume removes the first n of Bytes. A slice of them is valid for as long as one
// from Bytes.
func (in *Inbox) Consume(n int) { in.next += n }

// Free frees the buffer and removes all bytes. The Inbox may be used again.
func (in *Inbox) Free() {
	in.buf.Free()
	in.buf, in.next = nil, 0
}

// compact moves the bytes to the front of the buffer, to make the space behind them as
// large as possible.
func (in *Inbox) compact() {
	if in.buf != nil && in.next > 0 {
		if overwrite.Enabled() {
			in.renew()
			return
		}
		in.buf.Bytes = in.buf.Bytes[:copy(in.buf.Bytes, in.buf.Bytes[in.next:])]
		in.next = 0
	}
}

// renew moves the bytes to another buffer, so that nothing overwrites the old one.
//
//go:noinline
func (in *Inbox) renew() {
	renewed := buffer.Get(cap(in.buf.Bytes))
	renewed.Bytes = append(renewed.Bytes, in.buf.Bytes[in.next:]...)
	in.buf.Free()
	in.buf, in.next = renewed, 0
}

// Space returns the free space of the buffer, for Arrived. It is not empty. If the
// buffer's capacity is less than size, or all of it is used, Space gets a larger one
// first. The memory that a connection holds grows with the bytes received, never
// with a length that a peer has announced.
func (in *Inbox) Space(size int) []byte {
	in.compact()
	if in.buf != nil && len(in.buf.Bytes) == 0 && cap(in.buf.Bytes) < size {
		in.Free()
	}
	switch {
	case in.buf == nil:
		in.buf = buffer.Get(size)
	case cap(in.buf.Bytes) < size:
		in.buf = in.buf.Grow(size - len(in.buf.Bytes))
	default:
		in.buf = in.buf.Grow(1)
	}
	return in.buf.Bytes[len(in.buf.Bytes):cap(in.buf.Bytes)]
}

// Spare returns an empty Inbox, which takes over the buffer of in if that is small.
// All bytes must have been consumed, and in must not be used any more.
func (in *Inbox) Spare() Inbox {
	if in.buf == nil || cap(in.buf.Bytes) > smallSize || overwrite.Enabled() {
		in.Free()
		return Inbox{}
	}
	in.buf.Bytes = in.buf.Bytes[:0]
	return Inbox{buf: in.buf}
}

// Arrived appends the n bytes that were read into the slice that Space has returned.
func (in *Inbox) Arrived(n int) { in.buf.Bytes = in.buf.Bytes[:len(in.buf.Bytes)+n] }

// Release frees the buffer if it is empty, and otherwise moves the bytes to the
// smallest one that holds them.
func (in *Inbox) Release() {
	in.compact()
	switch {
	case in.buf == nil:
	case len(in.buf.Bytes) == 0:
		in.Free()
	default:
		in.buf = in.buf.Fit()
	}
}
