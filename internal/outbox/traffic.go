package outbox

import (
	"sync"

	"github.com/handset-go/handset/internal/buffer"
	"github.com/handset-go/handset/internal/frame"
	"github.com/handset-go/handset/internal/transport"
)

// traffic is what an Outbox knows of frames on their way, of messages that are
// open and of those who wait. The methods that may be called on a nil one, which
// has none of it, say so.
type traffic struct {
	queue   *buffer.Buffer   // frames that no write has taken up
	out     *buffer.Buffer   // frames being written, touched by the writer alone
	body    []byte           // a payload being written behind out, from where the sender has it
	spare   *buffer.Buffer   // an empty one for the next queue
	written int              // how much of out has left
	slices  transport.Slices // of next

	reserved int        // room for frames that are being compressed
	open     *Owner     // whose fragmented message is open, nil for none
	text     bool       // the open message is text
	utf8     frame.UTF8 // how far its text has been checked
	waiters  []*waiter  // frames that wait for room or for the open message's end
	pong     []byte     // the payload of a Pong that found no room
	refusal  error      // the answer to every Put from now on
	leaving  Count      // what no write has begun to take
}

var traffics = sync.Pool{New: func() any { return new(traffic) }}

// busyLocked returns the outbox's traffic, a new one if it was idle.
func (o *Outbox) busyLocked() *traffic {
	if o.traffic == nil {
		o.traffic = traffics.Get().(*traffic)
	}
	return o.traffic
}

// restLocked gives the traffic back if there is none, with the spare buffer,
// which the next to be busy will need. Without traffic to go with it would only
// be held.
func (o *Outbox) restLocked() {
	t := o.traffic
	if t == nil {
		return
	}
	if t.queue != nil || t.out != nil || t.open != nil || t.reserved > 0 ||
		len(t.waiters) > 0 || t.pong != nil || t.refusal != nil {
		t.spare.Free()
		t.spare = nil
		return
	}
	o.traffic = nil
	*t = traffic{spare: t.spare}
	traffics.Put(t)
}

// buffered is how many bytes have not been taken by the transport, none for nil.
func (t *traffic) buffered() int {
	if t == nil {
		return 0
	}
	n := len(t.body)
	if t.out != nil {
		n += len(t.out.Bytes) - t.written
	}
	if t.queue != nil {
		n += len(t.queue.Bytes)
	}
	return n
}

// refused is the answer to every Put, nil if there is none yet, as for nil.
func (t *traffic) refused() error {
	if t == nil {
		return nil
	}
	return t.refusal
}

// held reports whether the frame must wait for more than room: for an open message
// to end, or, if it opens one, for messages that are being compressed to be
// queued. With nil it need not.
func (t *traffic) held(f *Frame) bool {
	return t != nil && f.first() && (t.open != nil || f.Owner != nil && t.reserved > 0)
}

// append adds the frame to the queue.
func (t *traffic) append(f *Frame) {
	t.appendHeader(f, f.size())
	t.queue.Bytes = append(t.queue.Bytes, f.Data...)
}

// appendHeader adds the frame's header to the queue and makes room for size
// bytes in all.
func (t *traffic) appendHeader(f *Frame, size int) {
	switch {
	case t.queue != nil:
		t.queue = t.queue.Grow(size)
	case t.spare != nil && size <= firstQueue:
		t.queue, t.spare = t.spare, nil
	default:
		t.queue = buffer.Get(max(size, firstQueue))
	}
	t.leaving.frame(f)
	at := len(t.queue.Bytes)
	t.queue.Bytes = frame.Append(t.queue.Bytes, f.Opcode, f.Fin, len(f.Data))
	if f.RSV1 {
		t.queue.Bytes[at] |= frame.RSV1
	}
}

// takeUp begins the next write with what is queued, when all that was being
// written has left.
func (t *traffic) takeUp() {
	if t.out != nil && t.written == len(t.out.Bytes) {
		t.freeOut()
	}
	if t.out == nil {
		t.out, t.queue = t.queue, nil
	}
}

// next is what the writer, whose alone it is, is to write. It is apart so that
// perform's frame stays small.
//
//go:noinline
func (t *traffic) next() *transport.Slices {
	t.slices = transport.Slices{Head: t.out.Bytes[t.written:], Body: t.body}
	return &t.slices
}

// freeOut gives back what was being written. It may be called on nil.
func (t *traffic) freeOut() {
	if t == nil {
		return
	}
	if t.spare == nil && t.out != nil && cap(t.out.Bytes) == firstQueue {
		t.out.Bytes = t.out.Bytes[:0]
		t.spare = t.out
	} else {
		t.out.Free()
	}
	t.out, t.written, t.body, t.slices = nil, 0, nil, transport.Slices{}
}
