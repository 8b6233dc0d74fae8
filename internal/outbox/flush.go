package outbox

import (
	"time"

	"github.com/handset-go/handset/internal/frame"
	"github.com/handset-go/handset/internal/link"
)

// maxRounds bounds how often a sender writes for others who keep queueing,
// before the background writer takes over.
const maxRounds = 4

// Flush sends off what has gathered, without waiting for the peer.
func (o *Outbox) Flush(h Host) {
	o.mu.Lock()
	o.timed = false
	o.flushIfMine(h)
}

// Idle is Flush when the application waits for the peer: what it sends next is
// an answer, not more of the same. received is what has come from the peer since
// the last time.
func (o *Outbox) Idle(h Host, received Count) {
	o.mu.Lock()
	o.inRow = 0
	o.countReceived(h, received)
	o.flushIfMine(h)
}

// flushIfMine flushes if there is something to be written and nobody is writing.
// It is entered with the lock and leaves without.
func (o *Outbox) flushIfMine(h Host) {
	if !o.takeTurn() {
		o.mu.Unlock()
		return
	}
	o.flush(h)
}

// A stream is what is sent on and on without waiting for the peer: after
// streamAfter writes in a row, begun within streamGap of one another,
// the background writer takes the rest, so that senders fill the queue while it
// writes and many frames leave together.
const (
	streamAfter = 3
	streamGap   = 50 // µs
)

// streams notes that a sender is about to write, and reports whether to leave
// that to the background writer. The first write of a row is not timed: where
// every message is answered by one, there is no other.
func (o *Outbox) streams() bool {
	if o.inRow == 0 {
		o.inRow = 1
		return false
	}
	now := uint16(time.Since(epoch).Microseconds())
	if o.inRow > 1 && now-o.lastWrite > streamGap {
		o.inRow = 1
	}
	o.lastWrite = now
	if o.inRow < streamAfter {
		o.inRow++
		return false
	}
	return true
}

// epoch is what times are measured from. In µs they come round every 65 ms, so
// that one write in a thousand that is not in a row is taken for one, which does
// no harm.
var epoch = time.Now()

// takeTurn takes the right to write if there is something to be written and
// nobody has it.
func (o *Outbox) takeTurn() bool {
	if o.writing || o.buffered() == 0 {
		return false
	}
	o.writing = true
	return true
}

// flush writes for as long as the transport takes bytes without waiting, and
// leaves the rest to the background writer. The caller has the right to write.
// It is entered with the lock and leaves without.
func (o *Outbox) flush(h Host) {
	conn := h.Conn()
	p := o.advance(h, 0, true)
	for round := 0; p != nil; round++ {
		if round == maxRounds {
			h.StartWriter()
			return
		}
		n, err := conn.Write(p, nil, false)
		if err != nil {
			o.falter(h, n, err)
			return
		}
		p = o.progress(h, n, true)
	}
}

// falter gives up writing after n bytes: for good, or until the peer has taken
// some of what it has.
func (o *Outbox) falter(h Host, n int, err error) {
	if err != link.ErrWouldBlock {
		o.fail(h, err)
		return
	}
	if o.progress(h, n, true) != nil {
		h.StartWriter()
	}
}

// Run is the background writer: it waits for the peer until the queue is empty
// or the peer has taken nothing for the given time.
func (o *Outbox) Run(h Host, timeout time.Duration) {
	conn := h.Conn()
	for p := o.progress(h, 0, false); p != nil; p = o.progress(h, 0, true) {
		for p != nil {
			_ = conn.SetWriteDeadline(time.Now().Add(timeout))
			n, err := conn.Write(p, nil, true)
			if err != nil {
				o.fail(h, err)
				return
			}
			p = o.progress(h, n, false)
		}
		// Before the right to write is given up: the next writer has a
		// deadline of its own.
		_ = conn.SetWriteDeadline(time.Time{})
	}
}

// progress is advance for those who have not got the lock.
func (o *Outbox) progress(h Host, n int, giveUp bool) []byte {
	o.mu.Lock()
	return o.advance(h, n, giveUp)
}

// advance notes that the writer has written n bytes and returns what it is to
// write next. When that is nothing it gives up the right to write, if it is
// told to. It is entered with the lock and leaves without.
func (o *Outbox) advance(h Host, n int, giveUp bool) []byte {
	if o.aborted {
		o.freeOut() // and keep the right to write from everybody else
		o.mu.Unlock()
		return nil
	}
	o.taken += uint32(n)
	o.note(h, n)
	if n > 0 {
		o.countSent(h)
	}
	if t := o.traffic; t != nil && t.out != nil {
		p := t.out.Bytes[t.written:]
		o.mu.Unlock()
		return p
	}
	o.writing = !giveUp
	o.rest()
	drained := o.final && giveUp
	o.mu.Unlock()
	if drained {
		h.Drained()
	}
	return nil
}

// note moves the writer n bytes on, lets in who waited for that room, and
// takes up what is queued when all that was taken up before has left.
func (o *Outbox) note(h Host, n int) {
	t := o.traffic
	if t == nil {
		return
	}
	t.written += n
	if n > 0 {
		o.admitWaiters(h)
	}
	if t.out != nil && t.written == len(t.out.Bytes) {
		t.freeOut()
	}
	if t.pong != nil {
		o.admitPong(h)
	}
	if t.out == nil {
		t.out, t.queue = t.queue, nil
	}
}

// admitPong queues the Pong that had no room when its turn came.
func (o *Outbox) admitPong(h Host) {
	f := Frame{Opcode: frame.Pong, Fin: true, Data: o.pong}
	if o.refusal == nil && o.room(&f) {
		o.append(h, &f)
		o.pong = nil
	}
}

// fail gives up: after a write that failed nothing may be written again, so
// the right to write is not given back.
func (o *Outbox) fail(h Host, err error) {
	o.mu.Lock()
	o.aborted = true
	o.freeOut()
	if o.traffic != nil {
		o.direct = 0
	}
	o.mu.Unlock()
	h.WriteFailed(err)
}
