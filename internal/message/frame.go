package message

import (
	"strconv"
	"unicode/utf8"

	"github.com/handset-go/handset/internal/frame"
)

// frameState is how far the frame that is arriving has been read, and its message.
type frameState struct {
	sequence  frame.Sequence
	utf8      frame.UTF8
	key       frame.Key    // rotated to meet the first byte that is still masked
	left      uint64       // bytes of the frame's payload that have not been delivered
	unmasked  int          // how many of them, at the inbox's front, are unmasked and checked
	opcode    frame.Opcode // the message's: Text or Binary, or the control frame's own
	inFrame   bool         // between a frame's header and its payload's end
	fin       bool         // the frame is its message's last
	inMessage bool         // the open message has been delivered in part
	isLong    bool         // the frame is longer than a chunk
}

// next reads the next event, of which the Data is in the inbox or was inflated.
func (r *Reader) next() (ok bool, err error) {
	if r.inflated != nil {
		r.reclaim()
	}
	for r.err == nil {
		if !r.inFrame {
			if ok, err := r.begin(); !r.inFrame {
				return ok, err
			}
		}
		if r.compressed && !r.opcode.Control() {
			if ok, err := r.inflate(); ok || err != nil || r.inFrame {
				return ok, err
			}
			continue
		}
		payload := r.payload()
		if err := r.unmaskTo(payload); err != nil {
			return false, r.fail(err)
		}
		whole := uint64(len(payload)) == r.left
		if !whole && (!r.isLong || len(payload) == 0) {
			return false, nil
		}
		if ok, err := r.consume(payload, whole); ok || err != nil {
			return ok, err
		}
	}
	return false, r.err
}

// arrivedWhole reports whether the frame is a whole message, no longer than a chunk and not
// compressed, and all of its payload is there. Nearly every frame is.
func (r *Reader) arrivedWhole(h frame.Header) bool {
	return h.Fin() && !h.RSV1() && (h.Opcode() == frame.Text || h.Opcode() == frame.Binary) &&
		h.Length <= ChunkSize && uint64(len(r.inbox.Bytes())) >= h.Length
}

// take makes an event of a frame for which arrivedWhole is true, and whose header has been read.
// consume would give the same, by a longer way.
func (r *Reader) take(h frame.Header) (ok bool, err error) {
	payload := r.inbox.Bytes()[:h.Length:h.Length]
	r.inbox.Consume(len(payload))
	r.Count.Wire += uint64(len(payload))
	frame.Mask(payload, h.Key)
	if h.Opcode() == frame.Text && !utf8.Valid(payload) {
		return false, r.fail(frame.ErrInvalidUTF8)
	}
	r.Count.Messages++
	r.compressed = false
	r.Event.set(h.Opcode(), true, true, payload)
	return true, nil
}

// begin reads a frame's header, and the rest of it, too, if it is a whole message that has arrived:
// then ok is true, and r.inFrame is not.
func (r *Reader) begin() (ok bool, err error) {
	h, n, err := frame.Parse(r.inbox.Bytes(), r.Side, r.Decoder != nil)
	if err != nil {
		return false, r.fail(err)
	}
	if n == 0 {
		return false, nil
	}
	opcode, err := r.sequence.Next(h.Opcode(), h.Fin())
	if err != nil {
		return false, r.fail(err)
	}
	if r.MaxFrame > 0 && h.Length > r.MaxFrame {
		return false, r.fail(frameTooBig(h.Length, r.MaxFrame))
	}
	r.inbox.Consume(n)
	r.Count.Frames++
	r.Count.Headers += uint64(n)
	r.Count.Wire += uint64(n)
	if r.arrivedWhole(h) {
		return r.take(h)
	}
	r.opcode, r.fin, r.key, r.left = opcode, h.Fin(), h.Key, h.Length
	r.inFrame, r.isLong, r.unmasked = true, h.Length > ChunkSize, 0
	if !opcode.Control() && h.Opcode() != frame.Continuation {
		r.compressed = h.RSV1() // says it for the whole message (RFC 7692 §6)
	}
	return true, nil
}

// frameTooBig is apart so that begin's frame on the stack stays small.
//
//go:noinline
func frameTooBig(length, limit uint64) error {
	return tooBig("frame of " + strconv.FormatUint(length, 10) + " bytes is longer than " + strconv.FormatUint(limit, 10))
}

// payload is what the inbox holds of the frame's payload, at most a chunk, and
// with no capacity through which an append could reach the next frame.
func (r *Reader) payload() []byte {
	b := r.inbox.Bytes()
	n := min(uint64(len(b)), r.left, ChunkSize)
	return b[:n:n]
}

// unmaskTo unmasks what payload holds beyond what was unmasked before.
func (r *Reader) unmaskTo(payload []byte) error {
	arrived := payload[r.unmasked:]
	r.unmasked = len(payload)
	return r.unmask(arrived)
}

// unmask unmasks the next bytes of the frame's payload, and checks text as far
// as it has come, so that a bad byte is found before its frame is whole.
func (r *Reader) unmask(arrived []byte) error {
	r.Count.Wire += uint64(len(arrived))
	r.key = frame.Mask(arrived, r.key)
	if r.opcode == frame.Text && !r.utf8.Write(arrived) {
		return frame.ErrInvalidUTF8
	}
	return nil
}

// consume takes the payload out of the inbox and makes an event of it. ok is false
// for an empty chunk, which says nothing.
func (r *Reader) consume(payload []byte, whole bool) (ok bool, err error) {
	r.inbox.Consume(len(payload))
	r.left -= uint64(len(payload))
	r.unmasked = 0
	r.inFrame = !whole
	if r.opcode.Control() {
		return r.control(payload)
	}
	return r.deliver(payload, whole && r.fin)
}

// deliver makes an event of a chunk that has been unmasked, inflated and checked.
func (r *Reader) deliver(chunk []byte, last bool) (ok bool, err error) {
	if last {
		if !r.utf8.Whole() {
			return false, r.fail(frame.ErrInvalidUTF8)
		}
		r.Count.Messages++
	}
	first := !r.inMessage
	r.inMessage = !last
	r.Event.set(r.opcode, first, last, chunk)
	return first || last || len(chunk) > 0, nil
}

// control makes an event of a control frame.
func (r *Reader) control(payload []byte) (ok bool, err error) {
	if r.opcode != frame.Close {
		r.Event.set(r.opcode, true, true, payload)
		return true, nil
	}
	r.Event.set(r.opcode, true, true, nil)
	r.Event.Code, r.Event.Reason, err = frame.ParseClose(payload)
	if err != nil {
		return false, r.fail(err)
	}
	r.close()
	return true, nil
}
