package ws

import (
	"context"
	"errors"
	"net/http"
	"runtime"
	"sync"
	"sync/atomic"
	"unsafe"

	"golang.org/x/sync/errgroup"
)

// fleet is all the sessions of an Upgrader. Its lock is taken when one begins
// and when it ends, and not between.
type fleet struct {
	upgrader *Upgrader

	mu      sync.Mutex
	roster  roster
	pending int           // handshakes under way, each of which may become a session
	present int           // of both, and of those that are just being closed
	closed  bool          // nobody is let in any more
	cut     bool          // nor may anybody stay
	gone    chan struct{} // closed when nobody is present; nil until somebody asks
	sweeper *sweeper      // nil while there is nothing to sweep
	record  record

	pings, pongs atomic.Uint64
	tally        tally
}

// fleet returns the Upgrader's own. One that was copied from an Upgrader in use
// has none yet.
func (u *Upgrader) fleet() *fleet {
	for {
		known := atomic.LoadPointer(&u.state)
		if f := (*fleet)(known); f != nil && f.upgrader == u {
			return f
		}
		atomic.CompareAndSwapPointer(&u.state, known, unsafe.Pointer(&fleet{upgrader: u}))
	}
}

var (
	errShutDown = errors.New("server is shutting down")
	errNoRoom   = errors.New("too many sessions")
)

// retryAfter is for how many seconds a client that finds no room is sent away.
const retryAfter = "5"

// knock asks for room for one more session, and refuses the handshake if there
// is none. Room that was given is taken by enter, or given back by turnAway.
func (f *fleet) knock(w http.ResponseWriter) error {
	f.mu.Lock()
	var err error
	switch limit := f.upgrader.MaxSessions; {
	case f.closed:
		err = errShutDown
	case limit > 0 && f.roster.n+f.pending >= limit:
		err = errNoRoom
	default:
		f.pending++
		f.present++
	}
	f.mu.Unlock()
	if err == nil {
		return nil
	}
	w.Header().Set("Retry-After", retryAfter)
	if err == errShutDown {
		w.Header().Set("Connection", "close") // the next try is another server's
	}
	return refuse(w, http.StatusServiceUnavailable, err)
}

// turnAway ends a handshake that came to nothing.
func (f *fleet) turnAway() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.pending--
	f.depart()
}

// enter makes a handshake a session. One that comes while the others are being
// seen off is seen off too.
func (f *fleet) enter(s *Session) {
	f.mu.Lock()
	f.pending--
	f.roster.add(s)
	f.record.total++
	f.watch()
	closed, cut := f.closed, f.cut
	f.mu.Unlock()
	switch {
	case cut:
		s.end(ErrShutdown)
	case closed:
		_ = s.Close(goodbye)
	}
}

// leave takes a session whose connection is closed off the list.
func (f *fleet) leave(s *Session, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	count(&f.record.ends, ending(err))
	f.roster.remove(s)
	if f.roster.n == 0 {
		f.unwatch()
	}
}

// left notes that a session's end is known to all who wait for it.
func (f *fleet) left() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.depart()
}

// depart tells who waits for it that nobody is present.
func (f *fleet) depart() {
	f.present--
	if f.present == 0 && f.gone != nil {
		close(f.gone)
		f.gone = nil
	}
}

// allGone returns a channel that is closed when nobody is present.
func (f *fleet) allGone() <-chan struct{} {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.present == 0 {
		return closedChan
	}
	if f.gone == nil {
		f.gone = make(chan struct{})
	}
	return f.gone
}

// each calls do for every session, a few at a time, each of a share of them.
func (f *fleet) each(do func(*Session)) {
	f.mu.Lock()
	all := f.roster.all()
	f.mu.Unlock()
	const share = 64
	group, _ := errgroup.WithContext(context.Background())
	group.SetLimit(2 * runtime.GOMAXPROCS(0))
	for len(all) > 0 {
		part := all[:min(share, len(all))]
		all = all[len(part):]
		group.Go(func() error {
			for _, s := range part {
				do(s)
			}
			return nil
		})
	}
	_ = group.Wait()
}
