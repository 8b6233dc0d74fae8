// Package outbox is the outgoing half of a connection: a bounded queue of
// frames and the rules by which they leave. A frame is queued whole or not at
// all; whoever queues one either writes it, without waiting, or joins the write
// that is under way. Only a writer in the background ever waits for the peer.
//
// At any time at most one goroutine has the right to write, which writer.go
// keeps account of. Functions whose name ends in Locked are called with the
// Outbox's lock, and return what is to be done without it: an action.
package outbox

import (
	"errors"
	"math"
	"sync"
	"time"

	"github.com/handset-go/handset/internal/transport"
)

var (
	// ErrFull answers a Put that may not wait.
	ErrFull = errors.New("outbox: frame would have to wait")
	// ErrNoMessage answers a continuation frame without a message to continue.
	ErrNoMessage = errors.New("outbox: no fragmented message is open")
)

// gatherLimit is how much may gather before it leaves.
const gatherLimit = 64 << 10

// firstQueue is the room a queue begins with: it is held only until written.
const firstQueue = 4 << 10

// Host is the session that owns an Outbox. It is passed to each call and not
// kept: a session contains its Outbox, and must not refer to itself, so that the
// garbage collector can tell when nobody else refers to it. Its methods are
// called without the lock unless they say otherwise.
type Host interface {
	// Conn is the transport.
	Conn() transport.Conn
	// StartWriter must call Run in a goroutine of its own.
	StartWriter()
	// StartTimer must call Flush about a millisecond later.
	StartTimer()
	// WriteFailed says that a write failed and that nothing will leave again.
	WriteFailed(error)
	// Count says what has been sent and received since it was last called. It is
	// called with the lock, and may not call back.
	Count(sent, received Count)
	// Compressing is locked from before a frame is compressed until it has its
	// place in the queue, so that frames are compressed in the order in which
	// they leave. Whoever holds it waits for no peer.
	Compressing() sync.Locker
	// Compress returns data compressed, perhaps in scratch, which is empty, or
	// packed if that is not nil. first and last say what part of its message
	// data is. ok is false if it is to go as it is. It is called with Compressing
	// locked, and without the Outbox's lock, which must not be held for so long.
	Compress(scratch, data, packed []byte, first, last bool) (compressed []byte, ok bool)
	// Drained says that everything has left that ever will: it is called once,
	// after PutFinal or Finish.
	Drained()
}

// Outbox is the outgoing half of a connection. Init makes it ready; after that
// all methods are safe for any goroutine. An idle one is small: what it needs
// while something is on its way is in a pooled traffic.
type Outbox struct {
	mu        sync.Mutex
	traffic   *traffic // nil when idle
	limit     uint32   // of what is queued, in bytes
	taken     uint32   // how many bytes the transport has taken, modulo 2^32
	takenAt   uint32   // when something was last written, in ms; 0 if by a sender, who does not look
	lastWrite uint16   // when a sender last wrote, by clock
	inRow     uint8    // writes by senders in close succession
	writer    writer   // who has the right to write
	timed     bool     // StartTimer was called and Flush has not come yet
	final     bool     // nothing is queued any more; Drained is called when the queue is empty
	aborted   bool     // nothing leaves any more

	sent, received sum // what the host has not been told of
}

// Init gives an Outbox the number of bytes it may queue, 4 GiB at most.
func (o *Outbox) Init(limit int) {
	o.limit = uint32(min(uint64(limit), math.MaxUint32))
}

// Buffered is how many bytes are queued and not yet taken by the transport.
func (o *Outbox) Buffered() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.traffic.buffered()
}

// Queue is how many bytes are queued and not yet taken by the transport, and how
// many it has taken in all, modulo 2^32.
func (o *Outbox) Queue() (queued int, taken uint32) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.traffic.buffered(), o.taken
}

// SinceTaken is how long ago the transport last took something. ok is false if it
// is not known, which it is of what the background writer has written.
func (o *Outbox) SinceTaken() (d time.Duration, ok bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.takenAt == 0 {
		return 0, false
	}
	return time.Duration(millis()-o.takenAt) * time.Millisecond, true
}

// Finish answers every Put from now on, and those that wait, with err. What is
// queued still leaves.
func (o *Outbox) Finish(h Host, err error) {
	o.mu.Lock()
	if o.final || o.aborted {
		o.mu.Unlock()
		return
	}
	o.refuseLocked(err)
	do := o.finishLocked()
	o.mu.Unlock()
	o.perform(h, do)
}

// refuseLocked answers every Put from now on, and those that wait, with err.
func (o *Outbox) refuseLocked(err error) {
	t := o.busyLocked()
	if t.refusal == nil {
		t.refusal = err
	}
	for _, w := range t.waiters {
		w.finish(t.refusal)
	}
	t.waiters = nil
}

// finishLocked has Drained called when what is queued has left, which may be
// now.
func (o *Outbox) finishLocked() action {
	o.final, o.traffic.pong = true, nil
	if o.writer == nobody && o.traffic.buffered() == 0 {
		return drained
	}
	return o.sendLocked()
}

// Abort answers every Put from now on, and those that wait, with err, and
// forgets what is queued. The connection must be closed next, which ends a
// write under way.
func (o *Outbox) Abort(h Host, err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.refuseLocked(err)
	o.aborted = true
	o.tellLocked(h)
	t := o.traffic
	t.queue.Free()
	t.queue, t.pong = nil, nil
	if o.writer == nobody {
		o.writer = stopped
	}
}
