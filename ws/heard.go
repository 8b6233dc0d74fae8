package ws

import "sync/atomic"

// heard is what others must know of the receiving half, whose reader alone sets
// it: some bits, and when bytes last arrived, in coarse time, above them.
type heard struct{ word atomic.Uint64 }

const (
	holds  = 1 << iota // the stream holds frames that were not received yet
	tooBig             // the last thing received was ErrMessageTooBig
	waits              // the reader waits for bytes
)

// heardAt is where the time stands.
const heardAt = 32

func (h *heard) has(bit uint64) bool { return h.word.Load()&bit != 0 }

// set stores only what has changed: the sending half reads it all the time.
func (h *heard) set(bit uint64, on bool) {
	before := h.word.Load()
	after := before &^ bit
	if on {
		after |= bit
	}
	if after != before {
		h.word.Store(after)
	}
}

// wait notes that the reader waits, and so holds nothing.
func (h *heard) wait() { h.word.Store(h.word.Load()&^holds | waits) }

// arrive notes that bytes have arrived, which ends a wait.
func (h *heard) arrive() {
	bits := uint32(h.word.Load()) &^ waits
	h.word.Store(uint64(coarse())<<heardAt | uint64(bits))
}

// last is when bytes last arrived, and whether the reader waits for more.
func (h *heard) last() (at uint32, waiting bool) {
	w := h.word.Load()
	return uint32(w >> heardAt), w&waits != 0
}
