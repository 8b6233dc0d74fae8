package outbox

import "time"

// writer is who has the right to write. The right and the bytes go together:
//
//	from        by                                   to
//	nobody      a sender or Flush, with bytes queued sender
//	nobody      streamsLocked, with bytes queued     background
//	sender      all has been written                 nobody
//	sender      the transport takes no more          background
//	background  all has been written                 nobody
//	any         Abort, or a write that failed        stopped, when the writer finds out
//
// Nobody has the right without bytes to write, and bytes are queued while nobody
// has it only if they gather, so that a Flush is to come. TestTheRightToWrite
// tries every sequence of events.
type writer uint8

const (
	nobody     writer = iota
	sender            // whoever queued what is being written, or Flush
	background        // Run, which StartWriter was called for
	stopped           // nobody any more
)

// action is what is left to be done without the lock.
type action uint8

const (
	nothing     action = iota
	write              // the caller has the right to write, and must write
	startWriter        // the background writer has it, and must be started
	startTimer
	drained // the host must be told
	failed  // so that it must be told
)

// perform does what a function with the lock has asked for. It never waits for
// the peer.
func (o *Outbox) perform(h Host, do action) {
	for round := 0; do == write; round++ {
		if round == maxRounds {
			o.handOver()
			do = startWriter
			break
		}
		n, err := h.Conn().Write(o.traffic.next(), false)
		if do = o.wrote(h, n, err); do == failed {
			h.WriteFailed(err)
			return
		}
	}
	switch do {
	case startWriter:
		h.StartWriter()
	case startTimer:
		h.StartTimer()
	case drained:
		h.Drained()
	}
}

// maxRounds bounds how often a sender writes for others who keep queueing,
// before the background writer takes over.
const maxRounds = 4

// handOver leaves the right to write to the background writer. It is apart so that
// perform's frame stays small.
//
//go:noinline
func (o *Outbox) handOver() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.writer = background
}

// Run is the background writer: it waits for the peer until the queue is empty.
func (o *Outbox) Run(h Host) {
	for do := o.wrote(h, 0, nil); ; {
		switch do {
		case write:
			n, err := h.Conn().Write(o.traffic.next(), true)
			if do = o.wrote(h, n, err); do == failed {
				h.WriteFailed(err)
			}
		case drained:
			h.Drained()
			return
		default:
			return
		}
	}
}

// writeLocked takes the right to write for a sender, if there is something to be
// written and nobody has it.
func (o *Outbox) writeLocked() action {
	if o.writer != nobody || o.traffic.buffered() == 0 {
		return nothing
	}
	o.writer = sender
	o.traffic.takeUp()
	return write
}

// sendLocked is writeLocked for a sender that may be one of many in a row, who
// leave it to the background writer.
func (o *Outbox) sendLocked() action {
	do := o.writeLocked()
	if do == write && o.streamsLocked() {
		o.writer = background
		return startWriter
	}
	return do
}

// A stream is what is sent on and on without waiting for the peer: after
// streamAfter writes in a row, begun within streamGap of one another,
// the background writer takes the rest, so that senders fill the queue while it
// writes and many frames leave together.
const (
	streamAfter = 3
	streamGap   = 50 // µs
)

// streamsLocked notes that a sender is about to write, and reports whether to
// leave that to the background writer. The first write of a row is not timed:
// where every message is answered by one, there is no other.
func (o *Outbox) streamsLocked() bool {
	if o.inRow == 0 {
		o.inRow = 1
		return false
	}
	now := clock()
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

// clock is the time in µs, which comes round every 65 ms: one write in a thousand
// that is not in a row is taken for one, which does no harm.
var clock = func() uint16 { return uint16(time.Since(epoch).Microseconds()) }

// millis is the time in ms, which comes round every 49 days and is never 0.
func millis() uint32 { return max(uint32(time.Since(epoch).Milliseconds()), 1) }

var epoch = time.Now()
