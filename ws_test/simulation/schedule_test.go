package simulation

import "time"

// phases is the number of phases, and the time in ns after which an instant of a phase
// follows another.
const phases = 4096

// phase is the remainder of the times at which one actor, or one direction of a link, acts.
// No two of them act at the same instant, unless one is the cause of what the other does.
// The library's delays are whole milliseconds, or fractions of times that are chosen
// accordingly; what happens after them has nearly always the phase of its cause.
type phase time.Duration

// next returns the first instant of the phase that is not before t, and later than now.
func (p phase) next(now, t time.Time) time.Time {
	if t.Before(now) {
		t = now
	}
	n := t.UnixNano()
	at := n - n%phases + int64(p)
	for at < n || at <= now.UnixNano() {
		at += phases
	}
	return time.Unix(0, at)
}

// pause waits for d, up to the next instant of the phase.
func (p phase) pause(d time.Duration) {
	now := time.Now()
	time.Sleep(p.next(now, now.Add(d)).Sub(now))
}
