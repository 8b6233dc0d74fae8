package ws

import (
	"errors"
	"net/http"
	"runtime"
)

// door is where sessions come in and go out. Its registry's lock guards it.
type door struct {
	pending int           // handshakes under way, each of which may become a session
	present int           // of both, and of those that are just being closed
	closed  bool          // nobody is let in any more
	cut     bool          // nor may anybody stay
	gone    chan struct{} // closed when nobody is present; nil until somebody asks
}

var (
	errShutDown = errors.New("server is shutting down")
	errNoRoom   = errors.New("too many sessions")
)

// retryAfter is for how many seconds a client that finds no room is sent away.
const retryAfter = "5"

// knock asks for room for one more session, and refuses the handshake if there
// is none. Room that was given is taken by enter, or given back by turnAway.
func (f *registry) knock(w http.ResponseWriter, r *http.Request) error {
	f.mu.Lock()
	status, err := http.StatusServiceUnavailable, error(nil)
	switch limit := f.upgrader.MaxSessions; {
	case f.sweeper != nil && !f.sweeper.bubble.mustBeTheSameForAllSessionsOfAnUpgrader():
		status, err = http.StatusInternalServerError, errOtherBubble
	case f.door.closed:
		err = errShutDown
	case limit > 0 && f.roster.n+f.door.pending >= limit:
		err = errNoRoom
	default:
		f.door.pending++
		f.door.present++
	}
	f.mu.Unlock()
	switch err {
	case nil:
		return nil
	case errShutDown, errNoRoom:
		w.Header().Set("Retry-After", retryAfter)
	}
	return refuse(w, r, status, err)
}

// turnAway ends a handshake that came to nothing.
func (f *registry) turnAway() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.door.pending--
	f.door.depart()
}

// enter makes a handshake a session. One that comes while the others are being
// seen off is seen off too.
func (f *registry) enter(s *Session) {
	runtime.SetFinalizer(s, (*Session).abandoned)
	f.mu.Lock()
	f.door.pending--
	f.roster.add(s)
	f.record.total++
	f.watch()
	closed, cut := f.door.closed, f.door.cut
	f.mu.Unlock()
	switch {
	case cut:
		s.end(ErrShutdown)
	case closed:
		_ = s.Close(goodbye)
	}
}

// leave takes a session whose connection is closed off the lists.
func (f *registry) leave(s *Session, d *departure, err error) {
	runtime.SetFinalizer(s, nil)
	f.mu.Lock()
	defer f.mu.Unlock()
	count(&f.record.ends, ending(err))
	f.sweeper.strikeOff(d)
	f.roster.remove(s)
	if f.roster.n == 0 {
		f.unwatch()
	}
}

// left notes that a session's end is known to all who wait for it.
func (f *registry) left() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.door.depart()
}

// depart tells who waits for it that nobody is present.
func (d *door) depart() {
	d.present--
	if d.present == 0 && d.gone != nil {
		close(d.gone)
		d.gone = nil
	}
}

// allGone returns a channel that is closed when nobody is present.
func (f *registry) allGone() <-chan struct{} {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.door.present == 0 {
		return closedChan
	}
	if f.door.gone == nil {
		f.door.gone = make(chan struct{})
	}
	return f.door.gone
}

// shut lets nobody in any more; and if it is told to, nobody stay either.
func (f *registry) shut(cut bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.door.closed = true
	f.door.cut = f.door.cut || cut
}
