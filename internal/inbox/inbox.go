// Package inbox holds the bytes that have arrived on a connection and were not
// consumed yet, in a pooled buffer that is kept only while there are any.
package inbox

import (
	"time"

	"github.com/handset-go/handset/internal/buffer"
	"github.com/handset-go/handset/internal/link"
)

// Inbox is the incoming half of a connection. It has one user at a time.
type Inbox struct {
	conn link.Conn
	buf  *buffer.Buffer // nil while nothing is held
	next int            // the first byte of buf that was not consumed
}

// Init takes the connection, and copies the bytes that someone else has
// already read from it.
func (in *Inbox) Init(conn link.Conn, early []byte) {
	in.conn = conn
	if len(early) > 0 {
		in.buf = buffer.Get(len(early))
		in.buf.Bytes = append(in.buf.Bytes, early...)
	}
}

// Bytes are those that have not been consumed. They may be changed in place
// and are valid until Fill.
func (in *Inbox) Bytes() []byte {
	if in.buf == nil {
		return nil
	}
	return in.buf.Bytes[in.next:]
}

// Consume drops the first n bytes. They stay intact until Fill.
func (in *Inbox) Consume(n int) { in.next += n }

// Fill waits for more bytes and adds what one read brings. On an error the
// bytes held are as they were.
func (in *Inbox) Fill() error {
	n, err := in.conn.Read((*place)(in))
	if err != nil {
		(*place)(in).Waiting()
		return err
	}
	in.buf.Bytes = in.buf.Bytes[:len(in.buf.Bytes)+n]
	return nil
}

// SetDeadline ends a Fill that waits, now or later, at the given time.
func (in *Inbox) SetDeadline(t time.Time) error { return in.conn.SetReadDeadline(t) }

// Free gives the buffer back and forgets what was in it.
func (in *Inbox) Free() {
	in.buf.Free()
	in.buf, in.next = nil, 0
}

// compact moves what is held to the front of the buffer, where the next read
// finds the most room behind it.
func (in *Inbox) compact() {
	if in.buf != nil && in.next > 0 {
		in.buf.Bytes = in.buf.Bytes[:copy(in.buf.Bytes, in.buf.Bytes[in.next:])]
		in.next = 0
	}
}

// place is the Inbox as the transport sees it.
type place Inbox

// Space offers the rest of the buffer, a bigger one when that is less than size
// and the buffer is smaller than that, or when it is full: the memory a
// connection holds follows what arrived, not what was announced.
func (p *place) Space(size int) []byte {
	in := (*Inbox)(p)
	in.compact()
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

// Waiting gives back the memory that holds nothing.
func (p *place) Waiting() {
	in := (*Inbox)(p)
	in.compact()
	switch {
	case in.buf == nil:
	case len(in.buf.Bytes) == 0:
		in.Free()
	default:
		in.buf = in.buf.Fit()
	}
}
