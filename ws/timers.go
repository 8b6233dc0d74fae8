package ws

import (
	"errors"
	"sync"
	"time"
)

// What may happen to any session, but rarely does, needs no timer for each of
// them: there is one for all sessions of an Upgrader for the checks of heartbeats
// and MessageTimeout, one for what waits to be flushed, and one for WriteTimeout.
// They are started with the first session and stopped with the last.

// checkTimer calls check as often as that asks for.
type checkTimer struct {
	check func(late time.Duration) (next time.Duration)

	mu    sync.Mutex
	timer *time.Timer // nil while stopped
	due   time.Time   // when it is to fire
}

func (t *checkTimer) start(after time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.due = time.Now().Add(after)
	t.timer = time.AfterFunc(after, t.fire)
}

func (t *checkTimer) stop() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.timer != nil {
		t.timer.Stop()
		t.timer = nil
	}
}

func (t *checkTimer) fire() {
	t.mu.Lock()
	timer, late := t.timer, time.Since(t.due)
	t.mu.Unlock()
	if timer == nil || late < 0 { // it was stopped, and perhaps started again, meanwhile
		return
	}
	next := t.check(late)
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.timer == timer {
		t.due = time.Now().Add(next)
		timer.Reset(next)
	}
}

// intervals are the times that the checks go by, in ms.
type intervals struct {
	interval, timeout uint32 // of the heartbeat, 0 for none
	message           uint32 // MessageTimeout, 0 for none
}

// off reports whether there is nothing to be checked.
func (in intervals) off() bool { return in.interval == 0 && in.message == 0 }

// idle is after how long to check again if nothing is due.
func (in intervals) idle() uint32 {
	switch {
	case in.interval == 0:
		return in.message
	case in.message == 0:
		return in.interval
	default:
		return min(in.interval, in.message)
	}
}

// slack is how early a session may be taken for due, so that the sessions of a
// server are checked together.
func (in intervals) slack() uint32 {
	least := in.idle()
	if in.interval > 0 {
		least = min(least, in.timeout)
	}
	return least / 16
}

// step is after how long to check again while something may happen at any time.
func (in intervals) step() uint32 { return max(in.slack(), 1) }

// flushDelay is how long what is sent may wait for more to leave with it.
const flushDelay = time.Millisecond

// flusher is a session as the flushTimer sees it.
type flusher interface{ flush() }

// flushTimer flushes sessions that hold back what they send, to send more with
// it. Nearly always that has left before the time is over.
type flushTimer struct {
	mu      sync.Mutex
	waiting []flusher
	spare   []flusher   // empty: what waiting was the time before
	timer   *time.Timer // nil before the first session
	stopped bool
}

// add has f flushed after flushDelay or earlier.
func (t *flushTimer) add(f flusher) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.stopped {
		return
	}
	t.waiting = append(t.waiting, f)
	switch {
	case len(t.waiting) > 1:
	case t.timer == nil:
		t.timer = time.AfterFunc(flushDelay, t.fire)
	default:
		t.timer.Reset(flushDelay)
	}
}

func (t *flushTimer) fire() {
	t.mu.Lock()
	due := t.waiting
	t.waiting, t.spare = t.spare, nil
	t.mu.Unlock()
	for _, f := range due {
		f.flush()
	}
	clear(due)
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.stopped {
		t.spare = due[:0]
	}
}

func (t *flushTimer) start() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.stopped = false
}

// stop leaves no timer behind. A send under way may still call add.
func (t *flushTimer) stop() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.timer != nil {
		t.timer.Stop()
	}
	t.waiting, t.spare, t.timer, t.stopped = nil, nil, nil, true
}

var errOtherBubble = errors.New("one Upgrader in a synctest bubble and outside of it at a time")

// synctestBubble is the bubble of testing/synctest, or the world outside of all, in
// which the timers were made. All sessions must be of it: a timer fires in the
// bubble in which it was made, and would touch what belongs to another.
type synctestBubble struct {
	made   chan struct{} // in the bubble
	since  time.Time
	inside bool // of a bubble, where time begins in the year 2000
}

func newSynctestBubble() synctestBubble {
	now := time.Now()
	return synctestBubble{make(chan struct{}), now, now.Before(epoch)}
}

// mustBeTheSameForAllSessionsOfAnUpgrader reports whether the caller is in the
// bubble. The runtime ends the program when a channel that was made in a bubble
// is used elsewhere, and prints this name. It allows the reverse, but there the
// bubble's time, which begins in the year 2000, tells.
func (b synctestBubble) mustBeTheSameForAllSessionsOfAnUpgrader() bool {
	select {
	case <-b.made:
	default:
	}
	return !time.Now().Before(b.since)
}

// epoch is what times in ms are measured from. It is an hour before the program
// began, so that no time is 0.
var epoch = time.Now().Add(-time.Hour)

// coarse is the time in ms since the epoch. It wraps around every 49 days; 0
// stands for no time at all.
func coarse() uint32 { return max(uint32(time.Since(epoch).Milliseconds()), 1) }

// longest is the longest duration that is measured in coarse times.
const longest = 20 * 24 * time.Hour

func millis(ms uint32) time.Duration { return time.Duration(ms) * time.Millisecond }

// inMillis is d in ms, at least 1 and at most the longest.
func inMillis(d time.Duration) uint32 { return max(lateMillis(d), 1) }

// lateMillis is d in ms, at least 0 and at most the longest.
func lateMillis(d time.Duration) uint32 {
	return uint32(max(min(d, longest).Milliseconds(), 0))
}

// until is how long it is from now until then, 0 if that is due or will be within
// the slack.
func until(then, now, slack uint32) uint32 {
	if left := int32(then - now); left > int32(slack) {
		return uint32(left)
	}
	return 0
}
