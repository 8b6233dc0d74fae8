package simulation

import (
	"sync"
	"time"
)

// A period is divided among all who act, and each part of it among the instants at which one
// of them acts. The library's delays are multiples of a period, so that a timer fires in the
// part of what has started it, and nobody else acts then. The first instant of an actor is used
// once: the timer for all heartbeats of an Upgrader or Dialer fires at that of the first
// connection for ever. The others are used in turn. Their number is prime: an instant does
// not fall on a timer that the same actor has started some periods before.
const (
	period = 250 * time.Microsecond
	turns  = 109
	parts  = 1 + turns
)

// phase chooses the instants at which one actor, or one direction of a connection, acts. No two of
// them act at the same instant, unless one is the cause of what the other does.
type phase struct {
	first time.Duration

	mu sync.Mutex
	n  int // instants that were chosen
}

// newPhase makes the phase of a number, which must be less than period/parts and of one actor
// only.
func newPhase(number int) *phase {
	if number >= int(period/parts) {
		panic("simulation: too many phases")
	}
	return &phase{first: time.Duration(number * parts)}
}

// next returns an instant that is not before t, and later than now.
func (p *phase) next(now, t time.Time) time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	if t.Before(now) {
		t = now
	}
	n := t.UnixNano()
	at := n - n%int64(period) + int64(p.first)
	if p.n > 0 {
		at += int64(1 + (p.n-1)%turns)
	}
	p.n++
	for at < n || at <= now.UnixNano() {
		at += int64(period)
	}
	return time.Unix(0, at)
}

// pause waits for d, up to the next instant of the phase.
func (p *phase) pause(d time.Duration) {
	now := time.Now()
	time.Sleep(p.next(now, now.Add(d)).Sub(now))
}
