package ws

import (
	"math"
	"time"
)

// sweeper looks after all sessions of a registry, so that none needs a timer of its
// own for what may happen but rarely does. It begins with the first session and
// is gone with the last, and has one timer for two things.
//
// The rounds are for heartbeats and MessageTimeout, which may strike any
// session. In a round all of them are looked after in turn; the next one is when
// the first of them could be due. Many are looked after together, up to a grain
// before they are due, so that they wake it no more often than that.
//
// The departures are for CloseTimeout, which is exact, and only for the few that
// are on their way to their end.
//
// WriteTimeout is neither: see writing.
type sweeper struct {
	registry   *registry
	pace       pace
	round      time.Time // when the next one is due, zero for never
	departures departures
	timer      *time.Timer // nil until there is something to wait for
	strikes    time.Time   // when the timer does, zero if it does not
	working    bool        // what is due is being done; then the timer is set again
	bubble     bubble
}

// pace is by what a sweeper goes, in ms.
type pace struct {
	interval, timeout uint32 // of the heartbeat, 0 for none
	message           uint32 // MessageTimeout, 0 for none
}

// off reports whether there is nothing to be looked after.
func (p pace) off() bool { return p.interval == 0 && p.message == 0 }

// idle is after how long to look again if nobody is due.
func (p pace) idle() uint32 {
	switch {
	case p.interval == 0:
		return p.message
	case p.message == 0:
		return p.interval
	default:
		return min(p.interval, p.message)
	}
}

// grain is how early a session may be taken for due.
func (p pace) grain() uint32 {
	least := p.idle()
	if p.interval > 0 {
		least = min(least, p.timeout)
	}
	return least / 16
}

// step is how soon to come again while something may happen at any time.
func (p pace) step() uint32 { return max(p.grain(), 1) }

// watch starts the sweeper with the first session. The caller has the lock.
func (f *registry) watch() {
	if f.sweeper != nil {
		return
	}
	w := &sweeper{registry: f, pace: f.upgrader.pace(), bubble: newBubble()}
	if !w.pace.off() {
		w.round = time.Now().Add(millis(w.pace.idle()))
	}
	f.sweeper = w
	w.set()
	f.gathering.begin()
	f.writing.begin(f.upgrader.writeTimeout())
}

// unwatch ends the sweeper with the last session. The caller has the lock.
func (f *registry) unwatch() {
	if w := f.sweeper; w.timer != nil {
		w.timer.Stop()
	}
	f.sweeper = nil
	f.gathering.end()
	f.writing.end()
}

// set has the timer strike when the next thing is due. The caller has the lock.
func (w *sweeper) set() {
	if w.working {
		return
	}
	next := w.departures.next()
	if next.IsZero() || !w.round.IsZero() && w.round.Before(next) {
		next = w.round
	}
	switch {
	case next.Equal(w.strikes):
		return
	case next.IsZero():
		w.timer.Stop()
	case w.timer == nil:
		w.timer = time.AfterFunc(time.Until(next), w.strike)
	default:
		w.timer.Reset(time.Until(next))
	}
	w.strikes = next
}

// pauseNoticed is by how much the timer must be late for departures to wait
// longer.
const pauseNoticed = 100 * time.Millisecond

// strike does what is due. When the timer is late, the process did not run: it
// was stopped, or its machine was too busy for it. For that nobody else is to
// blame, and times are as much longer.
func (w *sweeper) strike() {
	planned, ok := w.begin()
	if !ok {
		return
	}
	w.registry.endAbandoned() // those of a bubble
	now := time.Now()
	if late := now.Sub(planned); late > pauseNoticed {
		w.postpone(late)
	}
	for s := w.overdue(now); s != nil; s = w.overdue(now) {
		s.closeTimedOut()
	}
	if !w.round.IsZero() && !w.round.After(now) {
		w.round = now.Add(w.sweep(now.Sub(w.round))) // set does not look at it meanwhile
	}
	w.end()
}

// begin and end are around the work, which is done once at a time: the timer may
// strike again meanwhile if it was set in the moment in which it struck. begin
// returns when the timer was to strike.
func (w *sweeper) begin() (planned time.Time, ok bool) {
	w.registry.mu.Lock()
	defer w.registry.mu.Unlock()
	if w.working || w.registry.sweeper != w || w.strikes.IsZero() {
		return time.Time{}, false
	}
	planned = w.strikes
	w.working, w.strikes = true, time.Time{}
	return planned, true
}

func (w *sweeper) end() {
	w.registry.mu.Lock()
	defer w.registry.mu.Unlock()
	w.working = false
	if w.registry.sweeper == w {
		w.set()
	}
}

// sweep looks after every session, and returns after how long to come again.
// late is by how much the round is.
func (w *sweeper) sweep(late time.Duration) time.Duration {
	now, lost := coarse(), uint32(max(min(late, longest).Milliseconds(), 0))
	wait := w.pace.idle()
	var part [64]*Session
	for end := math.MaxInt; end > 0; {
		var n int
		n, end = w.registry.before(end, part[:])
		for _, s := range part[:n] {
			wait = min(wait, s.tend(now, lost, w.pace))
		}
	}
	return millis(max(wait, 1))
}

// tend does what is due for a session, and returns for how long nothing more
// will be. late is for how long the process did not run before.
func (s *Session) tend(now, late uint32, p pace) (wait uint32) {
	wait = p.idle()
	if p.interval > 0 {
		wait = min(wait, s.beat(now, late, p), s.noteUnread(now, p))
	}
	if p.message > 0 {
		wait = min(wait, s.hasten(now, late, p))
	}
	return wait
}

// epoch is what times are measured from. It is long past, so that no time is 0.
var epoch = time.Now().Add(-time.Hour)

// coarse is the time in ms since the epoch. It comes round every 49 days; 0
// stands for no time at all.
func coarse() uint32 { return max(uint32(time.Since(epoch).Milliseconds()), 1) }

// longest is the longest time that can be told in coarse times.
const longest = 20 * 24 * time.Hour

func millis(ms uint32) time.Duration { return time.Duration(ms) * time.Millisecond }

// inMillis is a time of at least a ms, and at most the longest.
func inMillis(d time.Duration) uint32 {
	return uint32(max(min(d, longest).Milliseconds(), 1))
}

// until is how long it is from now till then, 0 if that is due.
func until(then, now, grain uint32) uint32 {
	if left := int32(then - now); left > int32(grain) {
		return uint32(left)
	}
	return 0
}
