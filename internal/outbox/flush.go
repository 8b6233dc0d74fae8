package outbox

import (
	"github.com/handset-go/handset/internal/frame"
	"github.com/handset-go/handset/internal/transport"
)

// Flush sends off what has gathered, without waiting for the peer.
func (o *Outbox) Flush(h Host) {
	o.mu.Lock()
	o.timed = false
	do := o.writeLocked()
	o.mu.Unlock()
	o.perform(h, do)
}

// Idle is Flush when the application waits for the peer: what it sends next is
// an answer, not more of the same. received is what has come from the peer since
// the last time.
func (o *Outbox) Idle(h Host, received Count) {
	o.mu.Lock()
	o.inRow = 0
	o.countReceivedLocked(h, received)
	do := o.writeLocked()
	o.mu.Unlock()
	o.perform(h, do)
}

// wrote notes what came of a write and returns what the writer is to do next.
func (o *Outbox) wrote(h Host, n int, err error) action {
	o.mu.Lock()
	defer o.mu.Unlock()
	broken := err != nil && err != transport.ErrWouldBlock
	if o.aborted = o.aborted || broken; o.aborted {
		o.traffic.freeOut()
		o.writer = stopped
	}
	switch {
	case broken:
		return failed
	case o.aborted:
		return nothing
	}
	if n > 0 {
		o.taken += uint32(n)
		o.countSentLocked(h)
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

// advanceLocked moves the writer n bytes on, lets in who waited for that room,
// and takes up what is queued when all that was taken up before has left. When
// there is nothing to write the right to write is given up.
func (o *Outbox) advanceLocked(n int) action {
	t := o.traffic
	if t == nil {
		o.writer = nobody
		return nothing
	}
	t.wrote(n)
	if n > 0 {
		o.admitWaitersLocked()
	}
	if t.pong != nil {
		o.admitPongLocked()
	}
	t.takeUp()
	if t.out != nil {
		return write
	}
	o.writer = nobody
	o.restLocked()
	if o.final {
		return drained
	}
	return nothing
}

// admitPongLocked queues the Pong that had no room when its turn came.
func (o *Outbox) admitPongLocked() {
	t := o.traffic
	f := Frame{Opcode: frame.Pong, Fin: true, Data: t.pong}
	if t.refusal == nil && o.fitsLocked(&f) {
		t.append(&f)
		t.pong = nil
	}
}
