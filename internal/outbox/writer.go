package outbox

import (
	"time"

	"github.com/handset-go/handset/internal/clock"
)

// writer is who has the right to write. The right exists only together with bytes
// to write:
//
//	from        by                                     to
//	nobody      a sender or Flush, with bytes queued   sender
//	nobody      sustainedLocked, with bytes queued     background
//	sender      all bytes have been written            nobody
//	sender      the transport takes no more            background
//	sender      it has written maxRounds times         background
//	background  all bytes have been written            nobody
//	any         Abort, or a write that failed          stopped, when the writer notices
//
// Bytes are queued while nobody has the right only if their write is delayed, so that
// Flush will be called. TestModel tries every sequence of events.
type writer uint8

const (
	nobody     writer = iota
	sender            // a goroutine in Put, Flush or another method
	background        // Run, for which StartWriter was called
	stopped           // nobody, for good
)

// Action is what must be done without the lock.
type Action uint8

const (
	nothing     Action = iota
	write              // the caller has the right to write, and must use it
	startWriter        // the background writer has it, and must be started
	startTimer         // of Callbacks, as are the following
	drained
	failed
)

// Perform carries out an Action. It never waits for the peer.
func (o *Outbox) Perform(cb Callbacks, do Action) {
	if do != nothing {
		o.perform(cb, do)
	}
}

// perform is Perform of an Action that is not nothing. It is separate so that Perform is inlined.
func (o *Outbox) perform(cb Callbacks, do Action) {
	for round := 0; do == write; round++ {
		if round == maxRounds {
			o.handOver()
			do = startWriter
			break
		}
		o.queue.next()
		n, err := cb.Conn().Write(&o.queue.slices, false)
		do = o.wrote(cb, n, err)
	}
	switch do {
	case startWriter:
		cb.StartWriter()
	case startTimer:
		cb.StartTimer()
	case drained:
		cb.Drained()
	case failed:
		cb.WriteFailed(o.queue.failure)
	}
}

// maxRounds is the number of writes that one call makes at most, for frames that
// others keep queueing. Then the background writer takes over.
const maxRounds = 4

// handOver gives the right to write to the background writer. It is a function of its
// own, not inlined, to keep perform's stack frame small.
//
//go:noinline
func (o *Outbox) handOver() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.writer = background
}

// Run is the background writer. It writes, and waits for the peer, until the queue is
// empty or the connection broken.
func (o *Outbox) Run(cb Callbacks) {
	for do := o.wrote(cb, 0, nil); ; {
		switch do {
		case write:
			o.queue.next()
			n, err := cb.Conn().Write(&o.queue.slices, true)
			do = o.wrote(cb, n, err)
		case drained:
			cb.Drained()
			return
		case failed:
			cb.WriteFailed(o.queue.failure)
			return
		default:
			return
		}
	}
}

// writeLocked takes the right to write for the caller, if there are bytes to write
// and nobody has it.
func (o *Outbox) writeLocked() Action {
	if o.writer != nobody || o.queue.buffered() == 0 {
		return nothing
	}
	o.writer = sender
	o.queue.beginWrite()
	return write
}

// sendLocked is writeLocked for frames that were put, which the background writer
// writes if senders have been writing without a pause.
func (o *Outbox) sendLocked() Action {
	do := o.writeLocked()
	if do == write && o.sustainedLocked() {
		o.writer = background
		return startWriter
	}
	return do
}

// Sending is sustained when senders go on without waiting for the peer: after
// sustainedAfter writes in a row, each begun within sustainedGap of the one before,
// the background writer writes. Senders fill the queue meanwhile, so that many frames
// are written together.
const (
	sustainedAfter = 3
	sustainedGap   = 50 // µs
)

// sustainedLocked counts a write that a sender is about to begin, and reports whether
// the background writer is to do it instead. The first write of a row is not timed,
// which saves reading the clock where each message received is answered by one.
func (o *Outbox) sustainedLocked() bool {
	if o.inARow == 0 {
		o.inARow = 1
		return false
	}
	now := micros()
	if o.inARow > 1 && now-o.lastWrite > sustainedGap {
		o.inARow = 1
	}
	o.lastWrite = now
	if o.inARow < sustainedAfter {
		o.inARow++
		return false
	}
	return true
}

// micros returns the time in µs, modulo 65 ms. Of a thousand writes that are not in a
// row, one is taken for one that is, which does no harm.
var micros = func() uint16 { return uint16(time.Since(clock.Epoch).Microseconds()) }

// millis returns the time in ms, modulo 49 days. It is never 0.
func millis() uint32 { return max(uint32(time.Since(clock.Epoch).Milliseconds()), 1) }
