package ws

import (
	"math"
	"time"
)

// sweeper looks after all sessions of a fleet in turn, so that no session needs
// a timer of its own for what may happen but rarely does. It sleeps until the
// first session could be due; many sessions are looked after together, up to
// a grain before they are due, so that they wake it no more often than that.
//
// What a session is timed by while it is writing or closing stays a timer of
// its own: those times are short, exact, and not for the many that are idle.
type sweeper struct {
	fleet *fleet
	timer *time.Timer
	pace  pace
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

// watch starts the sweeper with the first session. The caller has the lock.
func (f *fleet) watch() {
	p := f.upgrader.pace()
	if f.sweeper != nil || p.off() {
		return
	}
	s := &sweeper{fleet: f, pace: p}
	f.sweeper = s
	s.timer = time.AfterFunc(millis(p.idle()), s.sweep)
}

// unwatch ends the sweeper with the last session. The caller has the lock.
func (f *fleet) unwatch() {
	if f.sweeper != nil {
		f.sweeper.timer.Stop()
		f.sweeper = nil
	}
}

// sweep looks after every session and sets the time of the next round.
func (w *sweeper) sweep() {
	now := coarse()
	wait := w.pace.idle()
	var part [64]*Session
	for end := math.MaxInt; end > 0; {
		var n int
		n, end = w.fleet.before(end, part[:])
		for _, s := range part[:n] {
			wait = min(wait, s.tend(now, w.pace))
		}
	}
	clear(part[:])
	w.fleet.mu.Lock()
	defer w.fleet.mu.Unlock()
	if w.fleet.sweeper == w {
		w.timer.Reset(millis(max(wait, w.pace.grain(), 1)))
	}
}

// before copies sessions from the list's end towards its beginning, those
// before place end, and returns the place to go on at, 0 at the beginning. A
// session that takes another's place meanwhile comes from behind it, so that
// none is passed over.
func (f *fleet) before(end int, part []*Session) (n, next int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	end = min(end, f.roster.n)
	for ; n < len(part) && end > 0; n++ {
		end--
		part[n] = *f.roster.at(end)
	}
	return n, end
}

// tend does what is due for a session, and returns for how long nothing more
// will be.
func (s *Session) tend(now uint32, p pace) (wait uint32) {
	wait = p.idle()
	if p.interval > 0 {
		wait = min(wait, s.beat(now, p))
	}
	if p.message > 0 {
		wait = min(wait, s.hasten(now, p))
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
