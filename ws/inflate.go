package ws

import (
	"github.com/handset-go/handset/internal/buffer"
	"github.com/handset-go/handset/internal/frame"
	"github.com/handset-go/handset/internal/inflate"
)

// firstPlain is the least room that a compressed message is inflated into at
// first: most that are sent compressed are not much longer.
const firstPlain = 4 << 10

// inflation is what a receiver needs for compressed messages. They are inflated
// a chunk at a time, as the application asks for them.
type inflation struct {
	compression *deflateState  // nil if none was agreed on
	plain       *buffer.Buffer // what was inflated, at most a chunk
	plainLent   bool           // it belongs to the application until the next receive
	packed      bool           // the message, of which a frame is arriving or was the last, is compressed
	dropping    bool           // the rest of it is dropped unread
}

// errDeflate is found in a message that cannot be inflated.
var errDeflate = &frame.Violation{Code: uint16(CloseInvalidPayload), Text: "compressed message is not valid deflate data"}

// inflate goes on with the frame of a compressed message: ok is false when that
// takes more bytes, or the frame is at its end and had nothing to say. A frame
// of up to a chunk is inflated when all of it is there.
func (r *receiver) inflate() (ok bool, err error) {
	for {
		if r.dropping {
			return r.dropNext()
		}
		payload := r.payload()
		r.arrival.Wire += uint64(len(payload) - r.opened)
		r.key = frame.Mask(payload[r.opened:], r.key)
		r.opened = len(payload)
		whole := uint64(len(payload)) == r.left
		if !whole && (!r.inPieces || len(payload) == 0) {
			return false, nil
		}
		reached, err := r.inflateNext(payload, whole && r.fin)
		switch {
		case err != nil:
			return false, err
		case reached == inflate.Done:
			r.inFrame = false
			return r.handPlain(true)
		case reached == inflate.Full && len(r.plain.Bytes) == chunkSize:
			return r.handPlain(false)
		case reached == inflate.Starved && whole:
			r.inFrame = false
			return r.handPlain(false)
		}
	}
}

// inflateNext inflates what there is room for, and checks it if it is text.
func (r *receiver) inflateNext(payload []byte, last bool) (inflate.Progress, error) {
	at, room := r.roomForPlain(len(payload))
	n, used, reached, err := r.compression.receives.Decode(room, payload, last)
	if err != nil {
		return reached, errDeflate
	}
	r.Consume(used)
	r.left -= uint64(used)
	r.opened -= used
	r.plain.Bytes = r.plain.Bytes[:at+n]
	if r.of == frame.Text && !r.utf8.Write(r.plain.Bytes[at:]) {
		return reached, frame.ErrInvalidUTF8
	}
	return reached, nil
}

// roomForPlain is where to inflate to, at most up to a chunk in all: as much as
// a message of so many compressed bytes is likely to need, and more when that
// is full.
func (r *receiver) roomForPlain(packed int) (at int, room []byte) {
	if r.plain == nil {
		r.plain = buffer.Get(min(max(4*packed, firstPlain), chunkSize))
	} else if at = len(r.plain.Bytes); at == cap(r.plain.Bytes) {
		r.plain = r.plain.Grow(1)
	}
	return at, r.plain.Bytes[at:min(cap(r.plain.Bytes), chunkSize)]
}

// handPlain makes a message, or a piece of one, of what was inflated.
func (r *receiver) handPlain(last bool) (ok bool, err error) {
	n := len(r.plain.Bytes)
	ok, err = r.hand(r.plain.Bytes[:n:n], last)
	r.plainLent = ok
	return ok, err
}

// announced is how much the frame is known to add to its message. What is going
// to be inflated is not known.
func (r *receiver) announced() uint64 {
	if r.packed {
		return 0
	}
	return r.left
}

// drop drops the rest of a compressed message that nobody wants. If the next one
// may refer to it, it has to be inflated nevertheless.
func (r *receiver) drop() {
	if r.packed && r.begun && !r.compression.recvs {
		r.dropPacked()
	}
}

// dropPacked drops the rest of the message, if it is compressed, or else the
// next one that is.
func (r *receiver) dropPacked() {
	if r.compression == nil || r.dropping {
		return
	}
	r.compression.receives.Free()
	if r.packed {
		r.utf8.Reset()
	}
	if !r.plainLent {
		r.plain.Free()
		r.plain = nil
	}
	r.dropping = true
}

// dropNext drops what is there of the frame's payload.
func (r *receiver) dropNext() (ok bool, err error) {
	n := min(uint64(len(r.Bytes())), r.left)
	r.arrival.Wire += n - uint64(r.opened)
	r.Consume(int(n))
	r.left -= n
	r.opened = 0
	if r.left > 0 {
		return false, nil
	}
	r.inFrame = false
	r.dropping = !r.fin
	return r.hand(nil, r.fin)
}

// giveBack gives back what was lent to the application, which has received
// again, or holds nothing.
func (r *receiver) giveBack() {
	if r.plain != nil && (r.plainLent || len(r.plain.Bytes) == 0) {
		r.plain.Free()
		r.plain, r.plainLent = nil, false
	}
}

// leavePlain lets the application keep what it has been lent.
func (r *receiver) leavePlain() {
	if r.plainLent {
		r.plain, r.plainLent = nil, false
	}
}

// Free gives back all memory that holds what has arrived. Nothing is received
// any more.
func (r *receiver) Free() {
	r.Inbox.Free()
	r.plain.Free()
	r.plain, r.plainLent = nil, false
	if r.compression != nil {
		r.compression.receives.Free()
	}
}
