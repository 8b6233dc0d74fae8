package ws

import (
	"errors"
	"sync"
	"time"

	"github.com/handset-go/handset/internal/clock"
)

// The sessions of an Upgrader or Dialer share three timers, because their events are rare: one for
// the checks of heartbeats and MessageTimeout, one for batched frames, and one for
// WriteTimeout. They are started with the first session and stopped with the last.

// checkTimer calls check repeatedly, each time after the duration that check
// returned.
type checkTimer struct {
	check func(late time.Duration) (next time.Duration)

	mu    sync.Mutex
	timer *time.Timer // nil while stopped
	due   time.Time   // when the timer is to fire
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
	if timer == nil || late < 0 { // it was stopped, and may have been started again
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

// intervals are the times for the checks, in ms.
type intervals struct {
	interval, timeout uint32 // of the heartbeat, 0 if disabled
	message           uint32 // MessageTimeout, 0 if disabled
}

// off reports whether there are no checks.
func (in intervals) off() bool { return in.interval == 0 && in.message == 0 }

// idle returns the time until the next check if nothing is due.
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

// slack returns how early a check may act, so that the sessions of a server are
// checked together.
func (in intervals) slack() uint32 {
	least := in.idle()
	if in.interval > 0 {
		least = min(least, in.timeout)
	}
	return least / 16
}

// step returns the time until the next check if something may become due at any time.
func (in intervals) step() uint32 { return max(in.slack(), 1) }

// flushDelay is how long a batched frame may wait for others.
const flushDelay = time.Millisecond

// flusher is what the flushTimer needs of a session.
type flusher interface{ flush() }

// flushTimer flushes sessions that have batched frames. Nearly always they have been
// written before the timer fires.
type flushTimer struct {
	mu      sync.Mutex
	waiting []flusher
	spare   []flusher   // empty; the slice that waiting was before
	timer   *time.Timer // nil before the first session
	stopped bool
}

// add makes the timer flush f after at most flushDelay.
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

// stop stops the timer. A concurrent send may still call add, which has no effect.
func (t *flushTimer) stop() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.timer != nil {
		t.timer.Stop()
	}
	t.waiting, t.spare, t.timer, t.stopped = nil, nil, nil, true
}

var errOtherBubble = errors.New("an Upgrader or Dialer is used inside and outside a synctest bubble at a time")

// synctestBubble is the bubble of testing/synctest in which the timers were made, or
// none. All sessions of an Upgrader or Dialer must belong to it: a timer fires in the bubble in
// which it was made, and must not touch what belongs to another.
type synctestBubble struct {
	made   chan struct{} // in the bubble
	since  time.Time
	inside bool // there is a bubble; its clock starts in the year 2000
}

func newSynctestBubble() synctestBubble {
	now := time.Now()
	return synctestBubble{make(chan struct{}), now, now.Before(clock.Epoch)}
}

// mustBeTheSameForAllSessionsOfAnUpgrader reports whether the caller belongs to the
// bubble. If a channel that was made in a bubble is used elsewhere, the runtime ends
// the program and prints this name. It permits the reverse, which the clock of the
// bubble shows.
func (b synctestBubble) mustBeTheSameForAllSessionsOfAnUpgrader() bool {
	select {
	case <-b.made:
	default:
	}
	return !time.Now().Before(b.since)
}

// coarse returns the time in ms since clock.Epoch. It wraps around every 49 days. It is
// never 0, which stands for no time.
func coarse() uint32 { return max(uint32(time.Since(clock.Epoch).Milliseconds()), 1) }

// longest is the longest duration that coarse times can measure.
const longest = 20 * 24 * time.Hour

func millis(ms uint32) time.Duration { return time.Duration(ms) * time.Millisecond }

// inMillis returns d in ms, at least 1 and at most longest.
func inMillis(d time.Duration) uint32 { return max(lateMillis(d), 1) }

// lateMillis returns d in ms, at least 0 and at most longest.
func lateMillis(d time.Duration) uint32 {
	return uint32(max(min(d, longest).Milliseconds(), 0))
}

// until returns the time from now until then, or 0 if that is due within the slack.
func until(then, now, slack uint32) uint32 {
	if left := int32(then - now); left > int32(slack) {
		return uint32(left)
	}
	return 0
}
