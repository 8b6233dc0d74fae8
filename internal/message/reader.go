package message

import (
	"io"

	"github.com/handset-go/handset/internal/frame"
	"github.com/handset-go/handset/internal/inbox"
	"github.com/handset-go/handset/internal/inflate"
	"github.com/handset-go/handset/internal/overwrite"
)

// ChunkSize is the longest payload of an event of Next, in bytes. A frame that is
// no longer arrives whole.
const ChunkSize = 64 << 10

// Reader reads the messages of one connection. The zero value reads as a server,
// without compression. It must not be copied after first use.
type Reader struct {
	// Event is what Next, NextMessage or NextControl has returned last. It is here
	// so that it is not copied on its way. The caller may clear it.
	Event Event
	// Count is added to as frames are read. The caller may set it back.
	Count Count

	// Decoder inflates compressed messages, nil if compression was not negotiated.
	// It belongs to the connection, since it may keep a window between messages.
	Decoder *inflate.Decoder
	// MaxFrame is the longest payload of a frame, as it is sent, in bytes. Zero
	// means any.
	MaxFrame uint64
	// Side is the side that reads.
	Side frame.Side

	direct  bool // the rest of the frame's payload is read straight into the message
	inbox   inbox.Inbox
	message assembly
	frameState
	inflateState
	err error // what every call returns from now on
}

// Next reads the next event into r.Event. ok is false if that takes more bytes, or if
// err is not nil. Of a message that NextMessage has begun to put together, Next
// returns what NextMessage has not read yet, and the beginning is dropped.
func (r *Reader) Next() (ok bool, err error) {
	r.expire()
	r.direct = false
	if r.message != (assembly{}) {
		r.message.free()
	}
	return r.next()
}

// NextControl is Next for control frames alone. Messages are discarded. Compressed
// ones are not inflated, so that those that refer to them cannot be read any more:
// after NextControl only NextControl may be called.
func (r *Reader) NextControl() (ok bool, err error) {
	r.abandon()
	for {
		r.discardCompressed()
		if ok, err = r.next(); !ok || r.Event.Opcode.Control() {
			return ok, err
		}
	}
}

// expire says that the Data of the last event is not valid any more.
func (r *Reader) expire() { overwrite.Expired(r.Event.Data) }

// Idle reports whether there is nothing to remember: no part of a frame or of a
// message has arrived, and no event's Data is in use, which it is until Event is
// cleared or another one read.
func (r *Reader) Idle() bool {
	return len(r.inbox.Bytes()) == 0 && r.reclaimable() && !r.inFrame && !r.inMessage && r.message == (assembly{}) &&
		len(r.Event.Data) == 0 && r.err == nil
}

// Reset makes an idle Reader a new one. It keeps a small buffer, for whatever is
// read next to find it.
func (r *Reader) Reset() {
	r.reclaim()
	*r = Reader{inbox: r.inbox.Spare()}
}

// Free gives back all memory that holds what has arrived. Nothing is read any more.
func (r *Reader) Free() {
	r.abandon()
	r.inbox.Free()
	r.inflated.Free()
	r.inflated, r.returned = nil, false
	if r.Decoder != nil {
		r.Decoder.Free()
	}
}

// Detach leaves the Data of the last event to the caller. The Reader goes on in
// other buffers.
func (r *Reader) Detach() {
	held := r.inbox.Bytes()
	r.inbox = inbox.Inbox{}
	r.inbox.Add(held)
	r.direct = false
	if r.returned {
		r.inflated, r.returned = nil, false
	}
	if r.message.returned {
		r.message = assembly{}
	}
}

// fail ends the reading because the peer broke the protocol, and returns err. It is
// not inlined, to keep those who call it small.
//
//go:noinline
func (r *Reader) fail(err error) error {
	r.err = err
	r.Free()
	return err
}

// close ends the reading behind a Close frame: whatever follows is not looked at
// (RFC 6455 §5.5.1).
func (r *Reader) close() {
	r.err = io.EOF
	r.Free()
}
