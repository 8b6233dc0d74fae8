package outbox

import (
	"github.com/handset-go/handset/internal/frame"
	"github.com/handset-go/handset/internal/transport"
)

// Flush writes what is queued, without waiting for the peer.
func (o *Outbox) Flush(cb Callbacks) {
	o.mu.Lock()
	o.timed = false
	do := o.writeLocked()
	o.mu.Unlock()
	o.Perform(cb, do)
}

// Idle is Flush for a reader that is about to wait for the peer: what is sent next
// is an answer to what arrives, so a run of writes ends here. received is added to
// the count of what was received. If batch is true, what is queued is not written:
// the program has more messages to answer.
func (o *Outbox) Idle(cb Callbacks, received Count, batch bool) {
	o.mu.Lock()
	o.inARow = 0
	o.countReceivedLocked(cb, received)
	do := nothing
	if !batch {
		do = o.writeLocked()
	}
	o.mu.Unlock()
	o.Perform(cb, do)
}

// wrote records the result of a write: n bytes were taken, and then err, if not
// nil. It returns what the writer must do next.
func (o *Outbox) wrote(cb Callbacks, n int, err error) Action {
	o.mu.Lock()
	defer o.mu.Unlock()
	broken := err != nil && err != transport.ErrWouldBlock
	if o.aborted = o.aborted || broken; o.aborted {
		o.queue.dropOut(n)
		o.writer = stopped
	}
	switch {
	case broken:
		o.acquireLocked().failure = err
		return failed
	case o.aborted:
		return nothing
	}
	if n > 0 {
		o.taken += uint32(n)
		o.countSentLocked(cb)
		o.takenAt = 0
		if o.writer == background {
			o.takenAt = millis()
		}
	}
	do := o.advanceLocked(n)
	if do == write && err != nil {
		o.writer = background
		return startWriter
	}
	return do
}

// advanceLocked records that n bytes have been written, queues the waiters that fit
// now, and begins the next write when the last has been completed. If there is
// nothing to write, it gives up the right to write.
func (o *Outbox) advanceLocked(n int) Action {
	q := o.queue
	if q == nil {
		o.writer = nobody
		return nothing
	}
	q.wrote(n)
	if n > 0 {
		o.admitWaitersLocked()
	}
	if q.pong != nil {
		o.admitPongLocked()
	}
	q.beginWrite()
	if q.out != nil {
		return write
	}
	o.writer = nobody
	o.releaseLocked()
	if o.final {
		return drained
	}
	return nothing
}

// admitPongLocked queues the Pong that EnqueuePong kept, if it fits now.
func (o *Outbox) admitPongLocked() {
	q := o.queue
	f := Frame{Opcode: frame.Pong, Fin: true, Data: q.pong, masked: o.masks}
	if q.refusal == nil && o.fitsLocked(&f) {
		q.append(&f)
		q.pong = nil
	}
}
