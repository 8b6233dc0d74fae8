package outbox

import (
	"github.com/handset-go/handset/internal/buffer"
	"github.com/handset-go/handset/internal/link"
)

// large is the payload from which on a frame is first offered to the transport
// from where the sender has it: copying it would cost more than it saves.
const large = 16 << 10

// putLarge writes what is queued, the frame's header and its payload in one go,
// and queues only what the transport does not take. It is entered with the
// lock, while nobody is writing, and leaves without.
func (o *Outbox) putLarge(h Host, f *Frame) {
	o.appendHeader(f, f.size()-len(f.Data))
	o.out, o.queue = o.queue, nil
	o.direct, o.writing = len(f.Data), true
	head := o.out.Bytes
	o.mu.Unlock()

	n, err := h.Conn().Write(head, f.Data, false)
	if err != nil && err != link.ErrWouldBlock {
		o.fail(h, err)
		return
	}
	o.mu.Lock()
	o.keepRest(h, f, n)
	if err != nil {
		o.mu.Unlock()
		h.StartWriter()
		return
	}
	o.flush(h)
}

// keepRest queues what is left of out and the frame's payload, of which n bytes
// were written, ahead of what was queued since. The caller has the lock.
func (o *Outbox) keepRest(h Host, f *Frame, n int) {
	o.direct = 0
	o.taken += uint32(n)
	if o.aborted {
		return
	}
	o.countSent(h)
	ofHead := min(n, len(o.out.Bytes))
	rest := f.Data[n-ofHead:]
	if ofHead == len(o.out.Bytes) && len(rest) > 0 {
		o.freeOut()
		o.out = buffer.Get(len(rest))
		ofHead = 0
	}
	o.written = ofHead
	if len(rest) > 0 {
		o.out = o.out.Grow(len(rest))
		o.out.Bytes = append(o.out.Bytes, rest...)
	}
	o.admitWaiters(h) // for what has left, and behind the end of a message
}
