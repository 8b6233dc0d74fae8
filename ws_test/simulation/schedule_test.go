package simulation

import (
	"time"
)

// lanes is the number of lanes. An instant belongs to the lane that its nanoseconds give,
// modulo lanes.
const lanes = 4096

// lane is the instants at which one actor, or one direction of a connection, does
// something. No two of them do anything at the same instant, unless one causes what the
// other does. So at each instant there is one cause, and the order in which the
// goroutines run that it wakes does not matter. The library's own delays are whole
// milliseconds, or fractions of times that are chosen accordingly, and stay in the lane
// of their cause.
type lane time.Duration

// next returns the first instant of the lane that is not before t, and later than now.
func (l lane) next(now, t time.Time) time.Time {
	if t.Before(now) {
		t = now
	}
	n := t.UnixNano()
	at := n - n%lanes + int64(l)
	for at < n || at <= now.UnixNano() {
		at += lanes
	}
	return time.Unix(0, at)
}

// pause waits for d, up to the next instant of the lane.
func (l lane) pause(d time.Duration) {
	now := time.Now()
	time.Sleep(l.next(now, now.Add(d)).Sub(now))
}
