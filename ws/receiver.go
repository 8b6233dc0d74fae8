package ws

import (
	"fmt"
	"sync"
	"unicode/utf8"

	"github.com/handset-go/handset/internal/frame"
	"github.com/handset-go/handset/internal/inbox"
	"github.com/handset-go/handset/internal/outbox"
	"github.com/handset-go/handset/internal/overwrite"
)

// chunkSize is the longest piece the raw stream delivers: a frame no longer
// than this arrives whole, a longer one in pieces.
const chunkSize = 64 << 10

// receiver makes messages of the bytes in an inbox. It never waits: when it
// needs more bytes it says so. It is where reads go to: the inbox, or a message
// that is being put together. It is pooled: a stream that waits between two
// messages has none.
type receiver struct {
	inbox.Inbox
	msg      Message  // the last one next has found, here so that it is not copied about
	message  assembly // what an aggregate puts together
	direct   bool     // the payload of long frames is read straight into message
	maxFrame uint64   // longest frame that is accepted, 0 for any

	sequence frame.Sequence
	utf8     frame.UTF8
	key      frame.Key    // turned to meet the first byte that is still masked
	left     uint64       // payload bytes of the frame that were not delivered
	opened   int          // how many of them, at the inbox's front, are unmasked and checked
	of       frame.Opcode // the message's: Text or Binary, or the control frame's own
	inFrame  bool         // between a frame's header and its payload's end
	fin      bool         // the frame is its message's last
	begun    bool         // the open message has been delivered in part
	inPieces bool         // the frame is too long to be delivered whole
	bad      error        // found in payload that was read into the assembly
	inflation

	closed   bool  // the Close message has been delivered
	late     bool  // the Close message was received by drain and is to be delivered
	foreseen bool  // the Close frame that is going to be received has been dealt with
	err      error // what every receive returns from now on

	arrival outbox.Count // to be counted
}

var receivers = sync.Pool{New: func() any { return new(receiver) }}

// idle reports whether there is nothing to remember.
func (r *receiver) idle() bool {
	return len(r.Bytes()) == 0 && r.plain == nil && !r.inFrame && !r.begun && r.message == (assembly{}) &&
		!r.closed && !r.late && r.err == nil && r.bad == nil
}

// expire says that the application receives again: the last message's Data is
// not valid any more.
func (r *receiver) expire() { overwrite.Expired(r.msg.Data) }

// next puts the next message into msg: ok is false when that takes more bytes,
// and err is how the peer broke the protocol. The message's Data is the inbox's.
func (r *receiver) next() (ok bool, err error) {
	r.giveBack()
	for r.bad == nil {
		if !r.inFrame {
			if ok, err := r.begin(); !ok {
				return false, err
			}
		}
		if r.packed && !r.of.Control() {
			if ok, err := r.inflate(); ok || err != nil || r.inFrame {
				return ok, err
			}
			continue
		}
		if r.standsAlone() {
			return r.take()
		}
		payload := r.payload()
		if err := r.open(payload); err != nil {
			return false, err
		}
		whole := uint64(len(payload)) == r.left
		if !whole && (!r.inPieces || len(payload) == 0) {
			return false, nil
		}
		if ok, err := r.deliver(payload, whole); ok || err != nil {
			return ok, err
		}
	}
	return false, r.bad
}

// standsAlone reports whether the frame is a whole message, all of it there,
// none of it touched, and in the clear. Nearly every frame does: next comes to
// the same with it, by a longer way.
func (r *receiver) standsAlone() bool {
	return r.fin && !r.begun && !r.packed && !r.of.Control() && r.opened == 0 && !r.inPieces &&
		uint64(len(r.Bytes())) >= r.left
}

// take makes a message of a frame that stands alone.
func (r *receiver) take() (ok bool, err error) {
	payload := r.payload()
	r.Consume(len(payload))
	r.inFrame, r.left = false, 0
	r.arrival.Wire += uint64(len(payload))
	frame.Mask(payload, r.key)
	r.msg = Message{Kind: Binary, Data: payload}
	if r.of == frame.Text {
		r.msg.Kind = Text
		if !utf8.Valid(payload) {
			return false, frame.ErrInvalidUTF8
		}
	}
	return true, nil
}

// begin reads a frame's header.
func (r *receiver) begin() (ok bool, err error) {
	h, n, err := frame.Parse(r.Bytes(), r.compression != nil)
	if n == 0 {
		return false, err
	}
	of, err := r.sequence.Next(h)
	if err != nil {
		return false, err
	}
	if r.maxFrame > 0 && h.Length > r.maxFrame {
		return false, &ProtocolError{CloseMessageTooBig,
			fmt.Errorf("frame of %d bytes is longer than %d", h.Length, r.maxFrame)}
	}
	r.Consume(n)
	r.arrival.Frames++
	r.arrival.Headers += uint64(n)
	r.arrival.Wire += uint64(n)
	r.of, r.fin, r.key, r.left = of, h.Fin, h.Key, h.Length
	r.inFrame, r.inPieces, r.opened = true, h.Length > chunkSize, 0
	if !of.Control() && h.Opcode != frame.Continuation {
		r.packed = h.RSV1 // says it for the whole message (RFC 7692 §6)
	}
	return true, nil
}

// payload is what the inbox holds of the frame's payload, at most a chunk, and
// with no capacity through which an append could reach the next frame.
func (r *receiver) payload() []byte {
	b := r.Bytes()
	n := min(uint64(len(b)), r.left, chunkSize)
	return b[:n:n]
}

// open unmasks what has arrived since the last call, and checks it.
func (r *receiver) open(payload []byte) error {
	fresh := payload[r.opened:]
	r.opened = len(payload)
	return r.unmask(fresh)
}

// unmask unmasks the next bytes of the frame's payload, and checks text as far
// as it has come, so that a bad byte is found before its frame is whole.
func (r *receiver) unmask(fresh []byte) error {
	r.arrival.Wire += uint64(len(fresh))
	r.key = frame.Mask(fresh, r.key)
	if r.of == frame.Text && !r.utf8.Write(fresh) {
		return frame.ErrInvalidUTF8
	}
	return nil
}

// deliver takes the payload out of the inbox. ok is false for an empty piece,
// which has nothing to say.
func (r *receiver) deliver(payload []byte, whole bool) (ok bool, err error) {
	r.Consume(len(payload))
	r.left -= uint64(len(payload))
	r.opened = 0
	r.inFrame = !whole
	if r.of.Control() {
		err = r.control(payload)
		return err == nil, err
	}
	return r.hand(payload, whole && r.fin)
}

// hand makes a message, or a piece of one, of what has been unmasked, inflated
// and checked.
func (r *receiver) hand(payload []byte, last bool) (ok bool, err error) {
	if last && !r.utf8.Whole() {
		return false, frame.ErrInvalidUTF8
	}
	kind := pieceKind(r.of, !r.begun, last)
	r.begun = !last
	r.msg = Message{Kind: kind, Data: payload}
	return kind != Continue || len(payload) > 0, nil
}

func pieceKind(of frame.Opcode, first, last bool) Kind {
	switch {
	case first && last && of == frame.Text:
		return Text
	case first && last:
		return Binary
	case first && of == frame.Text:
		return FirstText
	case first:
		return FirstBinary
	case last:
		return Last
	default:
		return Continue
	}
}

// control makes a message of a control frame.
func (r *receiver) control(payload []byte) error {
	switch r.of {
	case frame.Ping:
		r.msg = Message{Kind: Ping, Data: payload}
		return nil
	case frame.Pong:
		r.msg = Message{Kind: Pong, Data: payload}
		return nil
	}
	code, reason, err := frame.ParseClose(payload)
	r.msg = Message{Kind: Close, Reason: CloseReason{CloseCode(code), reason}}
	return err
}

// holdsFrame reports whether another whole frame waits in the inbox.
func (r *receiver) holdsFrame() bool {
	b := r.Bytes()
	if r.inFrame {
		return uint64(len(b)) >= r.left
	}
	return frame.Whole(b)
}

// pastInbox reports whether what is read next is payload that belongs in the
// assembly and nowhere else.
func (r *receiver) pastInbox() bool {
	return r.direct && r.inFrame && r.inPieces && r.left > 0 && len(r.Bytes()) == 0
}

// Space is where the next read goes.
func (r *receiver) Space(size int) []byte {
	if !r.pastInbox() {
		return r.Inbox.Space(min(size, chunkSize))
	}
	r.Inbox.Release()
	return r.message.space(min(r.left, uint64(size)), r.left)
}

// arrived takes in the n bytes that were read into the space.
func (r *receiver) arrived(n int) {
	if !r.pastInbox() {
		r.Inbox.Arrived(n)
		return
	}
	r.left -= uint64(n)
	r.bad = r.unmask(r.message.extend(n))
}
