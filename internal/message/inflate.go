package message

import (
	"github.com/handset-go/handset/internal/buffer"
	"github.com/handset-go/handset/internal/frame"
	"github.com/handset-go/handset/internal/inflate"
)

// firstInflated is the least space that a compressed message is inflated into at
// first: most that are sent compressed are not much longer.
const firstInflated = 4 << 10

// inflateState is what compressed messages need. They are inflated a chunk at a
// time, as the caller asks for them.
type inflateState struct {
	inflated   *buffer.Buffer // at most a chunk
	returned   bool           // an event has returned it
	compressed bool           // the message, of which a frame is arriving or was the last, is compressed
	discarding bool           // the rest of it is not inflated
}

// errInflate is found in a message that cannot be inflated.
var errInflate = &frame.Violation{Code: 1007, Text: "compressed message is not valid deflate data"}

// inflate goes on with the frame of a compressed message: ok is false if that
// takes more bytes, or if the frame is at its end and has nothing more to say. A
// frame of up to a chunk is inflated when all of it is there.
func (r *Reader) inflate() (ok bool, err error) {
	for {
		if r.discarding {
			return r.discard()
		}
		payload := r.payload()
		r.Count.Wire += uint64(len(payload) - r.unmasked)
		r.key = frame.Mask(payload[r.unmasked:], r.key)
		r.unmasked = len(payload)
		whole := uint64(len(payload)) == r.left
		if !whole && (!r.isLong || len(payload) == 0) {
			return false, nil
		}
		reached, err := r.inflateNext(payload, whole && r.fin)
		switch {
		case err != nil:
			return false, r.fail(err)
		case reached == inflate.Done:
			r.inFrame = false
			return r.deliverInflated(true)
		case reached == inflate.Full && len(r.inflated.Bytes) == ChunkSize:
			return r.deliverInflated(false)
		case reached == inflate.Starved && whole:
			r.inFrame = false
			return r.deliverInflated(false)
		}
	}
}

// inflateNext inflates as much as there is space for, and checks it if it is text.
func (r *Reader) inflateNext(payload []byte, last bool) (inflate.Progress, error) {
	at, space := r.inflateSpace(len(payload))
	n, used, reached, err := r.Decoder.Decode(space, payload, last)
	if err != nil {
		return reached, errInflate
	}
	r.inbox.Consume(used)
	r.left -= uint64(used)
	r.unmasked -= used
	r.inflated.Bytes = r.inflated.Bytes[:at+n]
	if r.opcode == frame.Text && !r.utf8.Write(r.inflated.Bytes[at:]) {
		return reached, frame.ErrInvalidUTF8
	}
	return reached, nil
}

// inflateSpace is where to inflate to, at most up to a chunk in all: as much as
// a message of so many compressed bytes is likely to need, and more when that
// is full.
func (r *Reader) inflateSpace(compressed int) (at int, space []byte) {
	if r.inflated == nil {
		r.inflated = buffer.Get(min(max(4*compressed, firstInflated), ChunkSize))
	} else if at = len(r.inflated.Bytes); at == cap(r.inflated.Bytes) {
		r.inflated = r.inflated.Grow(1)
	}
	return at, r.inflated.Bytes[at:min(cap(r.inflated.Bytes), ChunkSize)]
}

// deliverInflated makes an event of what was inflated.
func (r *Reader) deliverInflated(last bool) (ok bool, err error) {
	n := len(r.inflated.Bytes)
	ok, err = r.deliver(r.inflated.Bytes[:n:n], last)
	r.returned = ok
	return ok, err
}

// announced is how many more bytes the frame is known to add to its message. How
// many will be inflated is not known.
func (r *Reader) announced() uint64 {
	if r.compressed {
		return 0
	}
	return r.left
}

// discardRest discards the rest of a compressed message that nobody wants. If the
// next one may refer to it, it has to be inflated nevertheless.
func (r *Reader) discardRest() {
	if r.compressed && r.inMessage && !r.Decoder.Takeover() {
		r.discardCompressed()
	}
}

// discardCompressed discards the rest of the message, if it is compressed, or else
// the next one that is.
func (r *Reader) discardCompressed() {
	if r.Decoder == nil || r.discarding || r.err != nil {
		return
	}
	r.Decoder.Free()
	if r.compressed {
		r.utf8.Reset()
	}
	if !r.returned {
		r.inflated.Free()
		r.inflated = nil
	}
	r.discarding = true
}

// discard discards what is there of the frame's payload.
func (r *Reader) discard() (ok bool, err error) {
	n := min(uint64(len(r.inbox.Bytes())), r.left)
	r.Count.Wire += n - uint64(r.unmasked)
	r.inbox.Consume(int(n))
	r.left -= n
	r.unmasked = 0
	if r.left > 0 {
		return false, nil
	}
	r.inFrame = false
	r.discarding = !r.fin
	return r.deliver(nil, r.fin)
}

// reclaimable reports whether what was inflated, if anything was, is not needed
// any more: an event has returned it, or it is empty.
func (r *Reader) reclaimable() bool {
	return r.inflated == nil || r.returned || len(r.inflated.Bytes) == 0
}

// reclaim gives back what was inflated, once the caller does not use it any more.
func (r *Reader) reclaim() {
	if r.reclaimable() {
		r.inflated.Free()
		r.inflated, r.returned = nil, false
	}
}
