package outbox

import "github.com/handset-go/handset/internal/buffer"

// putCompressed compresses a frame for which space is reserved, and queues it. It
// compresses without holding the Outbox's lock, for which others must not wait that
// long. Frames that are not compressed may overtake it, but not a frame that
// would come between the fragments of a message.
func (o *Outbox) putCompressed(cb Callbacks, f *Frame) error {
	order := cb.Compressing()
	order.Lock()
	g, scratch := compressFrame(cb, f)
	o.mu.Lock()
	order.Unlock() // the next to compress needs the Outbox's lock too
	o.queue.reserved -= f.size()
	do, err := nothing, o.queue.refusal
	if err == nil {
		do = o.enqueueLocked(&g)
		o.admitWaitersLocked() // a fragmented message may begin now
	}
	o.mu.Unlock()
	o.Perform(cb, do)
	scratch.Free()
	return err
}

// compressFrame returns the frame in compressed form, or as it is if Callbacks.Compress
// says so, and a buffer to be freed when the frame has been queued, which may be
// nil.
func compressFrame(cb Callbacks, f *Frame) (g Frame, scratch *buffer.Buffer) {
	var compressed, space []byte
	if f.Compressed != nil {
		compressed = *f.Compressed
	} else {
		scratch = buffer.Get(len(f.Data))
		space = scratch.Bytes
	}
	g = Frame{Data: f.Data, Opcode: f.Opcode, Fin: f.Fin, Batch: f.Batch, masked: f.masked}
	if data, ok := cb.Compress(space, f.Data, compressed, f.first(), f.Fin); ok {
		g.Data, g.RSV1 = data, f.first() // set on the first frame of a message only (RFC 7692 §6)
	}
	return g, scratch
}
