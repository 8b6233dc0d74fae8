package wstest

import (
	"math/rand/v2"
	"time"
)

// conditions are those of one direction of a Network.
type conditions struct {
	latency time.Duration
	rate    int // in bytes per second, 0 for no limit
	split   bool
	seed    uint64
	stalled bool
}

// arrivals says how many of the bytes in a flow have arrived at its reader.
type arrivals struct {
	id      uint64 // of the flow, for random numbers of its own
	latency time.Duration
	rate    int

	ready  int       // bytes that have arrived
	coming []segment // those that have not, in order
	left   time.Time // when the bytes that were written have left, by the rate
	ended  bool      // the end has arrived

	random  *rand.Rand // nil if reads are not split
	unsplit int        // bytes that the next read may return
}

// segment is a number of bytes that arrive together, or the end.
type segment struct {
	at  time.Time
	n   int
	end bool
}

// splitBy makes reads return few bytes from now on.
func (a *arrivals) splitBy(seed uint64) {
	a.random, a.unsplit = rand.New(rand.NewPCG(seed, a.id)), 0
}

// add schedules the arrival of n bytes that are written now. With a rate they arrive
// in steps of 10 ms.
func (a *arrivals) add(n int) {
	if a.latency == 0 && a.rate == 0 && len(a.coming) == 0 {
		a.ready += n
		return
	}
	if now := time.Now(); a.left.Before(now) {
		a.left = now
	}
	for n > 0 {
		k := n
		if a.rate > 0 {
			k = min(n, a.rate/100+1)
			a.left = a.left.Add(time.Duration(k) * time.Second / time.Duration(a.rate))
		}
		a.coming = append(a.coming, segment{at: a.left.Add(a.latency), n: k})
		n -= k
	}
}

// end schedules the arrival of the end.
func (a *arrivals) end() {
	if a.latency == 0 && len(a.coming) == 0 {
		a.ended = true
		return
	}
	a.coming = append(a.coming, segment{at: time.Now().Add(a.latency), end: true})
}

// update counts what has arrived by now. A segment does not arrive before those that were
// written before it, even if the latency has become shorter.
func (a *arrivals) update() {
	if len(a.coming) == 0 {
		return
	}
	now := time.Now()
	for len(a.coming) > 0 && !a.coming[0].at.After(now) {
		a.ready += a.coming[0].n
		a.ended = a.ended || a.coming[0].end
		a.coming = a.coming[1:]
	}
}

// readable returns how many of the bytes that have arrived the next read may return.
// Where reads are split depends on the seed alone, and not on when they happen.
func (a *arrivals) readable() int {
	if a.random == nil || a.ready == 0 {
		return a.ready
	}
	if a.unsplit == 0 {
		a.unsplit = 1 + a.random.IntN(1<<a.random.IntN(13)) // up to 4 KiB, often few bytes
	}
	return min(a.ready, a.unsplit)
}

// read removes n bytes that have been read.
func (a *arrivals) read(n int) {
	a.ready -= n
	if a.random != nil {
		a.unsplit -= n
	}
}

// discard removes all bytes. An end that is scheduled is removed, too.
func (a *arrivals) discard() { a.ready, a.coming, a.ended = 0, nil, false }
