// Package outbox is the outgoing half of a connection: a bounded queue of
// frames and the rules by which they leave. A frame is queued whole or not at
// all; whoever queues one either writes it, without waiting, or joins the write
// that is under way. Only a writer in the background ever waits for the peer.
//
// At any time at most one goroutine has the right to write. It is taken under
// the lock, by setting writing, and handed from the sender that wrote first to
// the background writer if the peer does not keep up.
package outbox

import (
	"errors"
	"math"
	"sync"

	"github.com/handset-go/handset/internal/link"
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
	Conn() link.Conn
	// StartWriter must call Run in a goroutine of its own.
	StartWriter()
	// StartTimer must call Flush about a millisecond later.
	StartTimer()
	// WriteFailed says that a write failed and that nothing will leave again.
	WriteFailed(error)
	// Count says what has been sent and received since it was last called. It is
	// called with the lock, and may not call back.
	Count(sent, received Count)
	// Compress returns data compressed, perhaps in scratch, which is empty, or
	// packed if that is not nil. first and last say what part of its message
	// data is. ok is false if it is to go as it is. It is called with the lock,
	// in the order in which frames are queued, and may not call back.
	Compress(scratch, data, packed []byte, first, last bool) (compressed []byte, ok bool)
	// Drained says that the final frame has been written.
	Drained()
}

// Outbox is the outgoing half of a connection. Init makes it ready; after that
// all methods are safe for any goroutine. An idle one is small: what it needs
// while something is on its way is in a pooled traffic.
type Outbox struct {
	mu        sync.Mutex
	*traffic         // nil when idle
	limit     uint32 // of what is queued, in bytes
	lastWrite uint16 // when a sender last wrote, in µs since epoch
	inRow     uint8  // writes by senders in close succession
	writing   bool   // somebody has the right to write
	timed     bool   // StartTimer was called and Flush has not come yet
	final     bool   // the last frame of all is queued or has left
	aborted   bool   // nothing leaves any more
	taken     uint32 // how many bytes the transport has taken, modulo 2^32

	sent, received sum // what the host has not been told of
}

// Init gives an Outbox its owner and the bytes it may queue, 4 GiB at most.
func (o *Outbox) Init(limit int) {
	o.limit = uint32(min(uint64(limit), math.MaxUint32))
}

// Buffered is how many bytes are queued and not yet taken by the transport.
func (o *Outbox) Buffered() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buffered()
}

// Queue is how many bytes are queued and not yet taken by the transport, and how
// many it has taken in all, modulo 2^32.
func (o *Outbox) Queue() (queued int, taken uint32) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buffered(), o.taken
}

// refuse answers every Put from now on, and those that wait, with err. What is
// queued still leaves.
func (o *Outbox) refuse(err error) {
	t := o.busy()
	if t.refusal == nil {
		t.refusal = err
	}
	for _, w := range t.waiters {
		w.finish(t.refusal)
	}
	t.waiters = nil
}

// Abort answers every Put from now on, and those that wait, with err, and
// forgets what is queued. The connection must be closed next, which ends a
// write under way.
func (o *Outbox) Abort(h Host, err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.refuse(err)
	o.aborted = true
	o.tell(h)
	o.queue.Free()
	o.queue, o.pong = nil, nil
	if !o.writing {
		o.freeOut()
	}
}
