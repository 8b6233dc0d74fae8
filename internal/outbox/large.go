package outbox

import "github.com/handset-go/handset/internal/buffer"

// large is the payload length, in bytes, from which on the sender's own slice is
// written, without copying it into the queue first. A frame that is masked is copied
// whatever its length: masking copies it.
const large = 16 << 10

// enqueueLargeLocked begins a write of what is queued, the frame's header and,
// from the sender's slice, its payload. The sender gets the right to write and tries
// once before Put returns; queue.wrote copies what is left of the payload then.
func (o *Outbox) enqueueLargeLocked(f *Frame) {
	q := o.queue
	size := f.size()
	q.makeSpace(size - len(f.Data))
	q.uncounted.frame(f, size)
	q.appendHeader(f)
	q.beginWrite()
	q.body = f.Data
	o.writer = sender
}

// wrote records that n bytes of out, and of the body behind it, have been written.
// What is left of the body is copied to the end of out, since the slice is the
// sender's.
func (q *queue) wrote(n int) {
	if q.body == nil {
		q.written += n
		return
	}
	ofOut := min(n, len(q.out.Bytes)-q.written)
	q.written += ofOut
	rest := q.body[n-ofOut:]
	q.body = nil
	if len(rest) == 0 {
		return
	}
	if q.written == len(q.out.Bytes) {
		q.freeOut()
		q.out = buffer.Get(len(rest))
	}
	q.out = q.out.Grow(len(rest))
	q.out.Bytes = append(q.out.Bytes, rest...)
}
