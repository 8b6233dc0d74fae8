package outbox

import "github.com/handset-go/handset/internal/buffer"

// putCompressed compresses a frame that is admitted and has room reserved, and
// queues it. That is done without the lock, for which others must not wait so
// long. Frames that need no compression may overtake it, but none that would
// come between the pieces of a message.
func (o *Outbox) putCompressed(h Host, f *Frame) error {
	order := h.Compressing()
	order.Lock()
	g, scratch := compressed(h, f)
	o.mu.Lock()
	order.Unlock() // whoever compresses next needs the lock to queue
	o.traffic.reserved -= f.size()
	do, err := nothing, o.traffic.refusal
	if err == nil {
		do = o.queueLocked(&g)
		o.admitWaitersLocked() // one may have waited to open a message
	}
	o.mu.Unlock()
	o.perform(h, do)
	scratch.Free()
	return err
}

// compressed returns the frame compressed, if that is worth it, and the buffer
// that holds it until it has been queued.
func compressed(h Host, f *Frame) (g Frame, scratch *buffer.Buffer) {
	var packed, room []byte
	if f.Packed != nil {
		packed = *f.Packed
	} else {
		scratch = buffer.Get(len(f.Data))
		room = scratch.Bytes
	}
	g = Frame{Data: f.Data, Opcode: f.Opcode, Fin: f.Fin, Gather: f.Gather}
	if data, ok := h.Compress(room, f.Data, packed, f.first(), f.Fin); ok {
		g.Data, g.RSV1 = data, f.first() // the first frame says it for all (RFC 7692 §6)
	}
	return g, scratch
}
