package ws

import "sync/atomic"

// heard is what the sending half must know of the receiving one, whose reader
// alone sets it.
type heard struct{ bits atomic.Uint32 }

const (
	holds  = 1 << iota // the stream holds frames that were not received yet
	tooBig             // the last thing received was ErrMessageTooBig
)

func (h *heard) has(bit uint32) bool { return h.bits.Load()&bit != 0 }

// set stores only what has changed: the sending half reads it all the time.
func (h *heard) set(bit uint32, on bool) {
	before := h.bits.Load()
	after := before &^ bit
	if on {
		after |= bit
	}
	if after != before {
		h.bits.Store(after)
	}
}
