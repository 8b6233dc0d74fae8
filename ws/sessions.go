package ws

import (
	"iter"
	"math"
)

// Sessions returns the Upgrader's sessions as a sequence for a range loop: those
// there are when the loop comes to them, in no particular order, each of them
// once. One that begins meanwhile may be left out, and one that has ended is not
// there any more. The loop's body may send, close and call anything else: no lock
// is held, and a few sessions at a time are kept for it. A session appears just
// before Trace.SessionStart is called. Any number of goroutines may loop at once,
// and Sessions does not block.
func (u *Upgrader) Sessions() iter.Seq[*Session] {
	return func(yield func(*Session) bool) {
		f := u.registry()
		var part [64]*Session
		for end := math.MaxInt; end > 0; {
			var n int
			n, end = f.before(end, part[:])
			for i, s := range part[:n] {
				part[i] = nil
				if s.ended() == nil && !yield(s) {
					return
				}
			}
		}
	}
}
