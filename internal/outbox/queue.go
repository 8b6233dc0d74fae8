package outbox

import (
	crand "crypto/rand"
	"math/rand/v2"
	"sync"

	"github.com/handset-go/handset/internal/buffer"
	"github.com/handset-go/handset/internal/frame"
	"github.com/handset-go/handset/internal/transport"
)

// queue is what an Outbox needs while frames are queued, a message is open or senders
// wait. A nil queue is an empty one: the methods that accept it say so. All methods but
// next must be called with Outbox.mu held.
type queue struct {
	queued  *buffer.Buffer   // frames of no write yet
	out     *buffer.Buffer   // frames being written; the writer reads it without the lock
	body    []byte           // a payload being written behind out: the sender's slice
	spare   *buffer.Buffer   // an empty buffer for queued
	written int              // the number of bytes of out that have been written
	slices  transport.Slices // what is to be written, set by next
	keys    *rand.ChaCha8    // generates the masking keys; nil until first used

	reserved  int       // bytes for frames that are being compressed
	open      bool      // a fragmented message is open
	waiters   []*waiter // frames that wait until they fit or the open message ends
	pong      []byte    // the payload of a Pong that did not fit
	failure   error     // of a write, after which there are no others
	refusal   error     // what every Put returns from now on; nil while frames are accepted
	dropped   int       // bytes that were queued and will not be written
	uncounted Count     // queued since the transport last took bytes
}

var queues = sync.Pool{New: func() any { return new(queue) }}

// acquireLocked returns the Outbox's queue. If that is nil it takes one from the pool.
func (o *Outbox) acquireLocked() *queue {
	if o.queue == nil {
		o.queue = queues.Get().(*queue)
	}
	return o.queue
}

// releaseLocked puts the queue back into the pool if it is empty, together with its
// spare buffer. If it is not empty, only the buffer is freed.
func (o *Outbox) releaseLocked() {
	q := o.queue
	if q == nil {
		return
	}
	if q.queued != nil || q.out != nil || q.open || q.reserved > 0 ||
		len(q.waiters) > 0 || q.pong != nil || q.refusal != nil {
		q.spare.Free()
		q.spare = nil
		return
	}
	o.queue = nil
	*q = queue{spare: q.spare, keys: q.keys}
	queues.Put(q)
}

// buffered returns the number of bytes that the transport has not taken, 0 for nil.
func (q *queue) buffered() int {
	if q == nil {
		return 0
	}
	n := len(q.body)
	if q.out != nil {
		n += len(q.out.Bytes) - q.written
	}
	if q.queued != nil {
		n += len(q.queued.Bytes)
	}
	return n
}

// drop frees what is queued and will not be written. What is being written is the
// writer's; see dropOut.
func (q *queue) drop() {
	if q.queued != nil {
		q.dropped += len(q.queued.Bytes)
	}
	q.queued.Free()
	q.queued, q.pong = nil, nil
}

// dropOut frees what was being written, of which the transport has taken n bytes. It
// does nothing on a nil queue.
func (q *queue) dropOut(n int) {
	if q != nil && q.out != nil {
		q.dropped += len(q.out.Bytes) - q.written + len(q.body) - n
	}
	q.freeOut()
}

// refused returns what every Put returns from now on. It is nil while frames are
// accepted, and for a nil queue.
func (q *queue) refused() error {
	if q == nil {
		return nil
	}
	return q.refusal
}

// mustWait reports whether the frame must wait even if it fits: until the open message
// ends, or, if the frame opens one, until the frames that are being compressed have
// been queued. It is false for a nil queue.
func (q *queue) mustWait(f *Frame) bool {
	return q != nil && f.first() && (q.open || !f.Fin && q.reserved > 0)
}

// append queues the frame. What it calls is not inlined, to keep its stack frame small.
func (q *queue) append(f *Frame) {
	size := f.size()
	q.makeSpace(size)
	q.uncounted.frame(f, size)
	if f.masked {
		q.appendMasked(f)
	} else {
		q.appendHeader(f)
		q.appendPayload(f)
	}
}

// makeSpace makes the buffer large enough for n bytes more.
func (q *queue) makeSpace(n int) {
	switch {
	case q.queued != nil:
		q.queued = q.queued.Grow(n)
	case q.spare != nil && n <= firstQueue:
		q.queued, q.spare = q.spare, nil
	default:
		q.queued = buffer.Get(max(n, firstQueue))
	}
}

// appendHeader queues the frame's header, for which makeSpace must have been called.
//
//go:noinline
func (q *queue) appendHeader(f *Frame) {
	at := len(q.queued.Bytes)
	q.queued.Bytes = frame.Append(q.queued.Bytes, f.Opcode, f.Fin, len(f.Data))
	if f.RSV1 {
		q.queued.Bytes[at] |= frame.RSV1
	}
}

// appendPayload queues the frame's payload, for which makeSpace must have been called.
//
//go:noinline
func (q *queue) appendPayload(f *Frame) { q.queued.Bytes = append(q.queued.Bytes, f.Data...) }

// appendMasked queues the frame masked, for which makeSpace must have been called.
//
//go:noinline
func (q *queue) appendMasked(f *Frame) {
	at := len(q.queued.Bytes)
	if q.keys == nil {
		q.seedKeys()
	}
	key := frame.Key(q.keys.Uint64())
	q.queued.Bytes = frame.AppendMasked(q.queued.Bytes, f.Opcode, f.Fin, len(f.Data), key)
	q.queued.Bytes = frame.AppendPayload(q.queued.Bytes, f.Data, key)
	if f.RSV1 {
		q.queued.Bytes[at] |= frame.RSV1
	}
}

// seedKeys makes the generator of masking keys, which must be unpredictable for whoever
// chooses the payload (RFC 6455 §5.3, §10.3). The generator stays with the queue in the
// pool, so that a key needs neither a system call nor an allocation.
//
//go:noinline
func (q *queue) seedKeys() {
	var seed [32]byte
	_, _ = crand.Read(seed[:]) // never fails
	q.keys = rand.NewChaCha8(seed)
}

// keepPong keeps the payload of a Pong that does not fit, in place of one kept before. It is not
// inlined, to keep EnqueuePong's stack frame small.
//
//go:noinline
func (q *queue) keepPong(payload []byte) {
	q.pong = append(make([]byte, 0, frame.MaxControl), payload...)
}

// beginWrite moves what is queued to out, if all of out has been written.
func (q *queue) beginWrite() {
	if q.out != nil && q.written == len(q.out.Bytes) {
		q.freeOut()
	}
	if q.out == nil {
		q.out, q.queued = q.queued, nil
	}
}

// next sets slices to what is to be written. Only the writer may call it, and it needs no
// lock. It is a function of its own, not inlined, to keep perform's stack frame small.
//
//go:noinline
func (q *queue) next() {
	q.slices = transport.Slices{Head: q.out.Bytes[q.written:], Body: q.body}
}

// freeOut frees what was being written, or keeps it as the spare buffer. It does
// nothing on a nil queue.
func (q *queue) freeOut() {
	if q == nil {
		return
	}
	if q.spare == nil && q.out != nil && cap(q.out.Bytes) == firstQueue {
		q.out.Bytes = q.out.Bytes[:0]
		q.spare = q.out
	} else {
		q.out.Free()
	}
	q.out, q.written, q.body, q.slices = nil, 0, nil, transport.Slices{}
}
