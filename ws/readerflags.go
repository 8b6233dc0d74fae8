package ws

import "sync/atomic"

// readerFlags is what others must know of the receiving half, whose reader alone sets
// it: some bits, and when bytes last arrived, in coarse time, above them.
type readerFlags struct{ word atomic.Uint64 }

const (
	hasMore    = 1 << iota // the stream holds frames that were not received yet
	lastTooBig             // the last thing received was ErrMessageTooBig
	isWaiting              // the reader waits for bytes
)

// heardAt is where the time stands.
const heardAt = 32

func (f *readerFlags) has(bit uint64) bool { return f.word.Load()&bit != 0 }

// set stores only what has changed: the sending half reads it all the time.
func (f *readerFlags) set(bit uint64, on bool) {
	before := f.word.Load()
	after := before &^ bit
	if on {
		after |= bit
	}
	if after != before {
		f.word.Store(after)
	}
}

// wait notes that the reader waits, and so holds nothing.
func (f *readerFlags) wait() { f.word.Store(f.word.Load()&^hasMore | isWaiting) }

// arrive notes that bytes have arrived, which ends a wait.
func (f *readerFlags) arrive() {
	bits := uint32(f.word.Load()) &^ isWaiting
	f.word.Store(uint64(coarse())<<heardAt | uint64(bits))
}

// last is when bytes last arrived, and whether the reader waits for more.
func (f *readerFlags) last() (at uint32, waiting bool) {
	w := f.word.Load()
	return uint32(w >> heardAt), w&isWaiting != 0
}
