// Package outbox is the sending side of a connection: a bounded queue of frames,
// and the rules by which they are written. A frame is queued whole or not at all.
// The goroutine that queues a frame either writes it, without blocking, or leaves
// it to the write in progress. Only the background writer blocks until the peer
// takes more.
//
// An Outbox knows bytes and frames. It does not check text, nor that fragments
// follow each other correctly (see frame.Fragments); it only keeps the frames of
// other messages out of a fragmented message that is open (RFC 6455 §5.4).
//
// At any time at most one goroutine has the right to write; see writer.go. A
// function whose name ends in Locked must be called with Outbox.mu held, and leaves
// it held. What must be done without the lock it returns as an Action, which Perform
// carries out; of the Callbacks it calls Count alone.
package outbox

import (
	"errors"
	"math"
	"sync"
	"time"

	"github.com/handset-go/handset/internal/frame"
	"github.com/handset-go/handset/internal/transport"
)

// ErrFull is returned by TryPut and Enqueue where Put would wait.
var ErrFull = errors.New("outbox: frame would have to wait")

// batchLimit is the number of queued bytes from which on a frame is not delayed.
const batchLimit = 64 << 10

// firstQueue is the capacity, in bytes, that a queue begins with. It is held only
// until the bytes have been written.
const firstQueue = 4 << 10

// Callbacks is what an Outbox needs of the session that it belongs to. It is passed
// to each call and never kept: a session contains its Outbox and must not refer to
// itself, or its finalizer would never run.
//
// Unless a method says otherwise, it is called without the Outbox's lock, by any
// goroutine that is in one of the Outbox's methods that take Callbacks, and may
// itself call every method of the Outbox.
type Callbacks interface {
	// Conn returns the connection's transport, always the same.
	Conn() transport.Conn
	// StartWriter starts a goroutine that calls Run. It is not called again before
	// that Run has finished writing.
	StartWriter()
	// StartTimer arranges for Flush to be called about a millisecond later, from
	// another goroutine. It is not called again before Flush.
	StartTimer()
	// WriteFailed reports that a write failed. Nothing is written afterwards.
	WriteFailed(error)
	// Count reports what has been sent and received since its last call. It is
	// called with the Outbox's lock held, must not block, and must not call the
	// Outbox.
	Count(sent, received Count)
	// Compressing returns the lock that is held from before a frame is compressed
	// until it is queued, so that frames are compressed in the order in which they
	// are sent. It is acquired before the Outbox's lock, and never while that is
	// held. It is released with the Outbox's lock held, so its Unlock must not block
	// or call the Outbox. Its holder must not wait for the peer.
	Compressing() sync.Locker
	// Compress returns data in compressed form: compressed, if that is not nil, or
	// data compressed into scratch, an empty buffer. first and last say which part of
	// its message data is. ok is false if data must be sent as it is.
	//
	// It is called with the lock of Compressing held, and without the Outbox's, for
	// which others must not wait that long. It must not put a frame.
	Compress(scratch, data, compressed []byte, first, last bool) (result []byte, ok bool)
	// Drained reports that everything that was queued has been written, and that
	// nothing more is accepted. It is called at most once, after PutFinal or Finish.
	Drained()
}

// Outbox is the sending side of a connection. Init must be called first; after
// that all methods are safe for concurrent use. An Outbox must not be copied. It is
// small while it is idle: what it needs while frames are queued comes from a pool.
type Outbox struct {
	mu        sync.Mutex
	queue     *queue // nil when idle
	limit     uint32 // of the queue, in bytes
	taken     uint32 // the number of bytes that the transport has taken, modulo 2^32
	takenAt   uint32 // when the background writer last wrote, in ms; 0 if a sender has written since
	lastWrite uint16 // when a sender last wrote, in micros
	inARow    uint8  // the number of writes by senders in close succession
	writer    writer // who has the right to write
	timed     bool   // StartTimer was called, and Flush has not been called since
	final     bool   // no frame is accepted any more; Drained is called when the queue is empty
	aborted   bool   // nothing is written any more
	masks     bool   // frames are masked, as those of a client

	sent, received smallCount // what has not been reported to Callbacks.Count
}

// Init sets the number of bytes that may be queued, 4 GiB at most, and the side that
// sends. The frames of a client are masked (RFC 6455 §5.3).
func (o *Outbox) Init(limit int, side frame.Side) {
	o.limit = uint32(min(uint64(limit), math.MaxUint32))
	o.masks = side == frame.Client
}

// Buffered returns the number of bytes that were queued and that the transport has not
// taken. After Abort, or after a write that failed, these are the bytes that have been
// dropped, and those of a write that has not returned yet.
func (o *Outbox) Buffered() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.queue == nil {
		return 0
	}
	return o.queue.dropped + o.queue.buffered()
}

// Queue returns the number of bytes that are queued, and the number of bytes that the transport has
// taken in all, modulo 2^32.
func (o *Outbox) Queue() (queued int, taken uint32) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.queue.buffered(), o.taken
}

// SinceTaken returns the time since the transport last took bytes of the background
// writer. ok is false if that is not known, because a sender has written since.
func (o *Outbox) SinceTaken() (d time.Duration, ok bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.takenAt == 0 {
		return 0, false
	}
	return time.Duration(millis()-o.takenAt) * time.Millisecond, true
}

// Err returns the error that every Put returns since PutFinal, Finish or Abort. It
// is nil before.
func (o *Outbox) Err() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.queue.refused()
}

// Finish makes every Put from now on, and those that wait, return err. What is
// queued is still written.
func (o *Outbox) Finish(cb Callbacks, err error) {
	o.mu.Lock()
	if o.final || o.aborted {
		o.mu.Unlock()
		return
	}
	o.refuseLocked(err)
	do := o.finishLocked()
	o.mu.Unlock()
	o.Perform(cb, do)
}

// refuseLocked makes every Put from now on, and those that wait, return err. The
// first such error stays.
func (o *Outbox) refuseLocked(err error) {
	q := o.acquireLocked()
	if q.refusal == nil {
		q.refusal = err
	}
	for _, w := range q.waiters {
		w.finish(q.refusal)
	}
	q.waiters = nil
}

// finishLocked has Drained called when what is queued has been written, which may
// be at once.
func (o *Outbox) finishLocked() Action {
	o.final, o.queue.pong = true, nil
	if o.writer == nobody && o.queue.buffered() == 0 {
		return drained
	}
	return o.sendLocked()
}

// Abort makes every Put from now on, and those that wait, return err, and drops
// what is queued, which Buffered returns from then on. The caller must close the connection next, which ends a write in
// progress.
func (o *Outbox) Abort(cb Callbacks, err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.refuseLocked(err)
	o.aborted = true
	o.reportLocked(cb)
	o.queue.drop()
	if o.writer == nobody {
		o.writer = stopped
	}
}
