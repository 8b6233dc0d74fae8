package ws

import (
	"errors"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"
	"weak"
)

// registry is what the sessions of an Upgrader share: the list of them, their
// options, timers and counts.
//
// Its lock guards the fields below it. A session takes it when it begins, and
// twice when it ends; others take it to copy the list. While it is held only the
// locks of the timers are taken.
type registry struct {
	settings settings

	mu        sync.Mutex
	sessions  []weak.Pointer[Session] // see listLocked
	listed    int                     // sessions that have begun and not ended
	pending   int                     // handshakes under way, each of which may become a session
	active    int                     // what Shutdown waits for: see whenIdle
	closed    bool                    // handshakes are refused
	aborted   bool                    // and a session whose handshake was under way ends at once
	idle      chan struct{}           // closed when active is 0; nil until somebody asks
	abandoned []*Session              // to be ended
	bubble    synctestBubble          // of the sessions, while there are any
	counts    lifecycleCounts

	closeFrames          closeFrameCounts
	traffic              trafficCounters
	pings, pongs, unread atomic.Uint64
	checks               checkTimer
	flushes              flushTimer
	writes               writeTimer
}

// settings are an Upgrader's options as its sessions need them, with the defaults
// filled in.
type settings struct {
	sendBuffer                 int // bytes
	writeTimeout, closeTimeout time.Duration
	intervals                  intervals
	maxSessions                int // 0 for any number
	manualPong, sessionStats   bool
	trace                      *Trace // not nil
}

// goingAway is the Close frame of a server that shuts down.
var goingAway = CloseReason{Code: CloseGoingAway, Description: "server is shutting down"}

var (
	errShutDown        = errors.New("server is shutting down")
	errTooManySessions = errors.New("too many sessions")
)

// reserve reserves room for a session. Unless it returns an error, it is followed by
// add or release.
func (r *registry) reserve() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	err := r.admitLocked()
	if err == nil {
		r.pending++
		r.active++
	}
	return err
}

func (r *registry) admitLocked() error {
	switch limit := r.settings.maxSessions; {
	case r.listed > 0 && !r.bubble.mustBeTheSameForAllSessionsOfAnUpgrader():
		return errOtherBubble
	case r.closed:
		return errShutDown
	case limit > 0 && r.listed+r.pending >= limit:
		return errTooManySessions
	}
	return nil
}

// release gives back the room of a handshake that has failed.
func (r *registry) release() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.pending--
	r.doneLocked()
}

func (r *registry) countRefusal() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.counts.refused++
}

// add lists a session whose handshake has succeeded. If Shutdown or Close was
// called during the handshake, the session ends as the others have.
func (r *registry) add(s *Session) {
	runtime.SetFinalizer(s, (*Session).abandoned)
	r.mu.Lock()
	r.pending--
	r.counts.begun++
	if r.listed == 0 {
		r.startTimersLocked()
	}
	r.listLocked(s)
	closed, aborted := r.closed, r.aborted
	r.mu.Unlock()
	switch {
	case aborted:
		s.end(ErrShutdown)
	case closed:
		_ = s.Close(goingAway)
	}
}

// remove takes a session whose connection is closed off the list. It is followed
// by done, when Done is closed.
func (r *registry) remove(s *Session, err error) {
	runtime.SetFinalizer(s, nil)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.counts.ends[endReason(err)]++
	r.unlistLocked(s)
	if r.listed == 0 {
		r.checks.stop()
		r.flushes.stop()
		r.writes.stop()
	}
}

func (r *registry) startTimersLocked() {
	r.bubble = newSynctestBubble()
	if in := r.settings.intervals; !in.off() {
		r.checks.start(millis(in.idle()))
	}
	r.flushes.start()
	r.writes.start(r.settings.writeTimeout)
}

// listLocked puts the session on the list, which refers to it weakly, so that the
// garbage collector can tell when the program has forgotten it.
func (r *registry) listLocked(s *Session) {
	s.membership.index = uint32(len(r.sessions))
	r.sessions = append(r.sessions, weak.Make(s))
	r.listed++
}

// unlistLocked takes the session off the list and puts the last one in its place.
// Weak pointers to an abandoned session are nil, so that it cannot be told its new
// index: its entry, which is of no use any more, is dropped instead. An entry that
// is nil is therefore the session's own, or as good as that.
func (r *registry) unlistLocked(s *Session) {
	r.listed--
	i := int(s.membership.index)
	if i >= len(r.sessions) {
		return
	}
	if at := r.sessions[i].Value(); at != s && at != nil {
		return
	}
	for last := len(r.sessions) - 1; last >= i; last-- {
		moved := r.sessions[last]
		r.sessions[last], r.sessions = weak.Pointer[Session]{}, r.sessions[:last]
		if other := moved.Value(); last > i && other != nil {
			r.sessions[i], other.membership.index = moved, s.membership.index
			break
		}
	}
	if cap(r.sessions) > 64 && len(r.sessions) < cap(r.sessions)/4 {
		r.sessions = slices.Clip(slices.Clone(r.sessions))
	}
}

// list returns a copy of the list.
func (r *registry) list() []weak.Pointer[Session] {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.sessions)
}

// beginServing notes that a function of Handler is called. done follows.
func (r *registry) beginServing() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.active++
}

// done notes that a session's Done is closed, or that a function of Handler has
// returned.
func (r *registry) done() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.doneLocked()
}

func (r *registry) doneLocked() {
	r.active--
	if r.active == 0 && r.idle != nil {
		close(r.idle)
		r.idle = nil
	}
}

// A session to which the program refers no more can never be used again, and
// without a reader nobody would notice that its peer has gone. The garbage
// collector finds it, by a finalizer. For that nothing that lasts as long as the
// connection may refer to the session: the list does so weakly, and what the
// session consists of not at all, since the finalizer of what refers to itself
// never runs. Whoever is at work on a session does: a goroutine in one of its
// methods, the one behind Chan or Discard, the background writer, the timer of
// the closing handshake, and for up to a quarter of WriteTimeout after a write in
// the background the timer of those.

// abandoned is a session's finalizer. The goroutine that runs it serves the whole
// program and belongs to no synctest bubble, so it only has others end the
// session: in a bubble that is the timer of the checks, when it next fires, or
// Shutdown.
func (s *Session) abandoned() {
	r := s.registry
	r.mu.Lock()
	defer r.mu.Unlock()
	r.abandoned = append(r.abandoned, s)
	if len(r.abandoned) == 1 && !r.bubble.inside {
		go r.endAbandoned()
	}
}

func (r *registry) endAbandoned() {
	for s := r.nextAbandoned(); s != nil; s = r.nextAbandoned() {
		s.end(ErrAbandoned)
	}
}

// nextAbandoned takes a session off the abandoned ones, nil if there is none.
func (r *registry) nextAbandoned() *Session {
	r.mu.Lock()
	defer r.mu.Unlock()
	last := len(r.abandoned) - 1
	if last < 0 {
		r.abandoned = nil
		return nil
	}
	s := r.abandoned[last]
	r.abandoned[last], r.abandoned = nil, r.abandoned[:last]
	return s
}

// check does what is due for every session, and returns after how long to check
// again. late is how late the check is.
func (r *registry) check(late time.Duration) (next time.Duration) {
	r.endAbandoned() // those of a synctest bubble
	in, now, lost := r.settings.intervals, coarse(), lateMillis(late)
	wait := in.idle()
	for _, p := range r.list() {
		if s := p.Value(); s != nil {
			wait = min(wait, s.check(now, lost, in))
		}
	}
	return millis(max(wait, 1))
}

// check does what is due for a session, and returns for how many ms nothing more
// will be. late is for how many ms the process did not run before.
func (s *Session) check(now, late uint32, in intervals) (wait uint32) {
	wait = in.idle()
	if in.interval > 0 {
		wait = min(wait, s.checkHeartbeat(now, late, in), s.checkUnread(now, in))
	}
	if in.message > 0 {
		wait = min(wait, s.checkMessageTimeout(now, late, in))
	}
	return wait
}

// checkMessageTimeout ends the wait of a reader whose message has taken too long,
// which then finds it so. It returns after how many ms to check again.
func (s *Session) checkMessageTimeout(now, late uint32, in intervals) (wait uint32) {
	x := s.extra.Load()
	if x == nil {
		return in.message
	}
	since := x.messages.begin(now, late)
	if since == 0 || !s.flags.has(isWaiting) || s.isClosing() {
		return in.message
	}
	if wait = until(since+in.message, now, in.slack()); wait > 0 {
		return wait
	}
	x.messages.expire(since)
	if err := s.transport.SetReadDeadline(longAgo); err != nil { // then only this wakes the reader
		s.end(&ProtocolError{ClosePolicyViolation, ErrMessageTimeout})
	}
	return in.step() // should the deadline be taken away meanwhile
}
