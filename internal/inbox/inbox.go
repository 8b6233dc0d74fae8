// Package inbox holds the bytes that have arrived on a connection and were not
// consumed yet, in a pooled buffer that is kept only while there are any.
package inbox

import (
	"github.com/handset-go/handset/internal/buffer"
	"github.com/handset-go/handset/internal/overwrite"
)

// Inbox is where a connection's reads go. It has one user at a time. The zero value
// is empty.
type Inbox struct {
	buf  *buffer.Buffer // nil while nothing is held
	next int            // the first byte of buf that was not consumed
}

// Add puts in a copy of bytes that someone else has already read. They are
// likely to be the beginning of something: there is room for more.
func (in *Inbox) Add(early []byte) {
	if len(early) > 0 {
		in.Arrived(copy(in.Space(max(len(early), smallRoom)), early))
	}
}

// smallRoom is room for a few frames to come.
const smallRoom = 4 << 10

// Bytes are those that have not been consumed. They may be changed in place
// and are valid until the next Space, Release or Free.
func (in *Inbox) Bytes() []byte {
	if in.buf == nil {
		return nil
	}
	return in.buf.Bytes[in.next:]
}

// Consume drops the first n bytes. They stay intact until the next Space.
func (in *Inbox) Consume(n int) { in.next += n }

// Free gives the buffer back and forgets what was in it.
func (in *Inbox) Free() {
	in.buf.Free()
	in.buf, in.next = nil, 0
}

// compact moves what is held to the front of the buffer, where the next read
// finds the most room behind it.
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

// renew moves what is held to another buffer.
//
//go:noinline
func (in *Inbox) renew() {
	renewed := buffer.Get(cap(in.buf.Bytes))
	renewed.Bytes = append(renewed.Bytes, in.buf.Bytes[in.next:]...)
	in.buf.Free()
	in.buf, in.next = renewed, 0
}

// Space offers the rest of the buffer, a bigger one when that is less than size
// and the buffer is smaller than that, or when it is full: the memory a
// connection holds follows what arrived, not what was announced.
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

// Spare is an Inbox that holds nothing but memory for a few bytes to come, that
// of one that has been consumed if it is small. That one is not used again.
func (in *Inbox) Spare() Inbox {
	if in.buf == nil || cap(in.buf.Bytes) > smallRoom || overwrite.Enabled() {
		in.Free()
		return Inbox{}
	}
	in.buf.Bytes = in.buf.Bytes[:0]
	return Inbox{buf: in.buf}
}

// Arrived adds the n bytes that were read into the space.
func (in *Inbox) Arrived(n int) { in.buf.Bytes = in.buf.Bytes[:len(in.buf.Bytes)+n] }

// Release gives back the memory that holds nothing.
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
