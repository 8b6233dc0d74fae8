package outbox

import (
	"sync"

	"github.com/handset-go/handset/internal/buffer"
	"github.com/handset-go/handset/internal/frame"
)

// traffic is what an Outbox knows of frames on their way, of messages that are
// open and of those who wait. A nil one has none of it.
type traffic struct {
	queue   *buffer.Buffer // frames that no write has taken up
	out     *buffer.Buffer // frames being written, touched by the writer alone
	spare   *buffer.Buffer // an empty one for the next queue
	written int            // how much of out has left
	direct  int            // bytes being written from where the sender has them

	open    *Owner     // whose fragmented message is open, nil for none
	text    bool       // the open message is text
	utf8    frame.UTF8 // how far its text has been checked
	waiters []*waiter  // frames that wait for room or for the open message's end
	pong    []byte     // the payload of a Pong that found no room
	refusal error      // the answer to every Put from now on
	leaving Count      // what no write has begun to take
}

var traffics = sync.Pool{New: func() any { return new(traffic) }}

// busy returns the outbox's traffic, a new one if it was idle.
func (o *Outbox) busy() *traffic {
	if o.traffic == nil {
		o.traffic = traffics.Get().(*traffic)
	}
	return o.traffic
}

// rest gives the traffic back if there is none, with the spare buffer, which the
// next to be busy will need. Without traffic to go with it would only be held.
func (o *Outbox) rest() {
	t := o.traffic
	if t == nil {
		return
	}
	if t.queue != nil || t.out != nil || t.open != nil || t.direct > 0 ||
		len(t.waiters) > 0 || t.pong != nil || t.refusal != nil {
		t.spare.Free()
		t.spare = nil
		return
	}
	o.traffic = nil
	*t = traffic{spare: t.spare}
	traffics.Put(t)
}

func (t *traffic) buffered() int {
	if t == nil {
		return 0
	}
	n := t.direct
	if t.out != nil {
		n += len(t.out.Bytes) - t.written
	}
	if t.queue != nil {
		n += len(t.queue.Bytes)
	}
	return n
}

// refused is the answer to every Put, nil if there is none yet.
func (t *traffic) refused() error {
	if t == nil {
		return nil
	}
	return t.refusal
}

// held reports whether the frame must wait for an open message to end.
func (t *traffic) held(f *Frame) bool { return t != nil && t.open != nil && f.first() }

// append adds the frame to the queue.
func (o *Outbox) append(h Host, f *Frame) {
	if f.Compress {
		o.appendPacked(h, f)
		return
	}
	o.traffic.append(f)
}

func (t *traffic) append(f *Frame) {
	t.appendHeader(f, f.size())
	t.queue.Bytes = append(t.queue.Bytes, f.Data...)
}

// appendPacked adds the frame, compressed if that is worth it.
func (o *Outbox) appendPacked(h Host, f *Frame) {
	var packed, scratch []byte
	if f.Packed != nil {
		packed = *f.Packed
	} else {
		lent := buffer.Get(len(f.Data))
		defer lent.Free()
		scratch = lent.Bytes
	}
	g := Frame{Data: f.Data, Opcode: f.Opcode, Fin: f.Fin}
	if packed, ok := h.Compress(scratch, f.Data, packed, f.first(), f.Fin); ok {
		g.Data, g.RSV1 = packed, f.first() // the first frame says it for all (RFC 7692 §6)
	}
	o.traffic.append(&g)
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
	t.out, t.written = nil, 0
}
