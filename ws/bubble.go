package ws

import (
	"errors"
	"time"
)

var errOtherBubble = errors.New("one Upgrader in a synctest bubble and outside of it at a time")

// bubble is the testing/synctest bubble, or the world outside of all, in whose
// time a sweeper lives. All its sessions must: a timer strikes in the bubble in
// which it was made, and would touch what belongs to another.
type bubble struct {
	mark  chan struct{} // of the bubble it was made in
	since time.Time

	inside bool // of a bubble, where time begins in the year 2000
}

func newBubble() bubble {
	now := time.Now()
	return bubble{make(chan struct{}), now, now.Before(epoch)}
}

// mustBeTheSameForAllSessionsOfAnUpgrader reports whether the caller is in the
// bubble. The runtime ends the program when a channel that was made in a bubble
// is touched elsewhere, and prints this name. It allows the reverse, but there
// the bubble's time, which begins in the year 2000, tells.
func (b bubble) mustBeTheSameForAllSessionsOfAnUpgrader() bool {
	select {
	case <-b.mark:
	default:
	}
	return !time.Now().Before(b.since)
}
