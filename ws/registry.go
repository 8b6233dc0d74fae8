package ws

import (
	"errors"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"
	"weak"

	"github.com/handset-go/handset/internal/frame"
)

// registry has what the sessions of an Upgrader or Dialer share: their list, options, timers
// and statistics.
//
// The lock guards the fields from sessions to counts. The fields after them have locks of
// their own or are atomic. It is not taken for messages: only when a session begins or
// ends, by Chan, to copy the list, for the statistics, and after a garbage collection.
// While it is held, only the locks of the timers are taken.
type registry struct {
	settings    settings
	maxSessions int // 0 for no limit

	mu          sync.Mutex
	sessions    []entry
	listed      int            // sessions that have begun and not ended
	pending     int            // handshakes in progress, each of which may become a session
	active      int            // what Shutdown waits for: see whenIdle
	closed      bool           // handshakes are refused
	closeReason CloseReason    // of sessions whose handshake is in progress, if closed
	aborted     bool           // sessions whose handshake is in progress end at once
	idle        chan struct{}  // closed when active is 0; nil until first needed
	afterGC     bool           // weakenUnused is going to be called
	abandoned   []*Session     // to be ended
	bubble      synctestBubble // of the sessions
	counts      lifecycleCounts

	closeFrames          closeFrameCounts
	traffic              trafficCounters
	pings, pongs, unread atomic.Uint64
	checks               checkTimer
	flushes              flushTimer
	writes               writeTimer
}

// settings are the Options with the defaults applied.
type settings struct {
	side                       frame.Side
	manualPong, sessionStats   bool
	sendBuffer                 int // bytes
	writeTimeout, closeTimeout time.Duration
	intervals                  intervals
	trace                      *Trace // not nil
}

func newRegistry(s settings, maxSessions int) *registry {
	r := &registry{settings: s, maxSessions: maxSessions}
	r.checks.check = r.check
	return r
}

// goingAway is the Close frame of a server that shuts down, and clientGoingAway that of
// a client.
var (
	goingAway       = CloseReason{Code: CloseGoingAway, Description: "server is shutting down"}
	clientGoingAway = CloseReason{Code: CloseGoingAway, Description: "client is shutting down"}
)

// restarting is the Close frame of a server that shuts down with a ShutdownWindow.
var restarting = CloseReason{Code: CloseServiceRestart, Description: "server is restarting"}

var (
	errShutDown        = errors.New("server is shutting down")
	errTooManySessions = errors.New("too many sessions")
)

// reserve admits a handshake. If it returns no error, add or release must be called
// afterwards.
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
	switch limit := r.maxSessions; {
	case r.listed > 0 && !r.bubble.mustBeTheSameForAllSessionsOfAnUpgrader():
		return errOtherBubble
	case r.closed:
		return errShutDown
	case limit > 0 && r.listed+r.pending >= limit:
		return errTooManySessions
	}
	return nil
}

// release is called instead of add if the handshake has failed.
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

// add adds a session whose handshake has succeeded. If Shutdown or Close was called
// during the handshake, it closes the session as those have closed the others.
func (r *registry) add(s *Session) {
	r.mu.Lock()
	r.pending--
	r.counts.begun++
	if r.listed == 0 {
		r.startTimersLocked()
	}
	r.listLocked(s)
	closed, aborted, reason := r.closed, r.aborted, r.closeReason
	r.mu.Unlock()
	switch {
	case aborted:
		s.end(ErrShutdown)
	case closed:
		_ = s.Close(reason)
	}
}

// remove removes a session whose connection is closed from the list. done must be
// called afterwards, when Done is closed.
func (r *registry) remove(s *Session, err error) {
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
	r.awaitGCLocked()
}

// inBubble reports whether the sessions belong to a synctest bubble.
func (r *registry) inBubble() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.bubble.inside
}

// listLocked adds the session to the list.
func (r *registry) listLocked(s *Session) {
	s.membership.index = uint32(len(r.sessions))
	r.sessions = append(r.sessions, entry{session: s})
	r.listed++
	if r.bubble.inside { // weakenUnused is not called in the bubble
		r.sessions[s.membership.index].weaken()
	}
}

// unlistLocked removes the session from the list and moves the last entry to its
// place. Weak pointers to abandoned sessions are nil, so the index of such a session
// cannot be updated when its entry is moved. The entry is not needed, and is dropped
// instead. An entry that is nil therefore is the session's own or may be replaced as
// if it were.
func (r *registry) unlistLocked(s *Session) {
	r.listed--
	i := int(s.membership.index)
	if i >= len(r.sessions) {
		return
	}
	if at := r.sessions[i].value(); at != s && at != nil {
		return
	}
	if r.sessions[i].session == nil {
		runtime.SetFinalizer(s, nil)
	}
	for last := len(r.sessions) - 1; last >= i; last-- {
		moved := r.sessions[last]
		r.sessions[last], r.sessions = entry{}, r.sessions[:last]
		if other := moved.value(); last > i && other != nil {
			r.sessions[i], other.membership.index = moved, s.membership.index
			break
		}
	}
	r.sessions = shrunk(r.sessions)
}

// list returns a copy of the list.
func (r *registry) list() []entry {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.sessions)
}

// beginServing is called before a function of Handler. done must be called afterwards.
func (r *registry) beginServing() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.active++
}

// done is called when the Done channel of a session has been closed, or when a function
// of Handler has returned.
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

// A session that the program no longer references cannot be used again, and without a
// reader nothing would notice that its peer is gone. The garbage collector finds it, by
// a finalizer. Therefore nothing that exists as long as the connection may reference
// the session. The parts of the session do not reference it at all, because finalizers
// do not run for objects that reference themselves. What works on a session does
// reference it: a goroutine in one of its methods, that of Chan or Discard, the
// idleStreams, the background writer, the timer of the closing handshake, and, for up
// to a quarter of WriteTimeout after a write in the background, the writeTimer.
//
// The list references a session until nothing has received from it between two garbage
// collections. Most sessions have a reader that waits, and that references them anyway.
// Such a session needs neither a finalizer nor a weak pointer, which take 110 bytes.

// entry is an entry of the list.
type entry struct {
	session *Session
	weak    weak.Pointer[Session] // used if session is nil
}

// value returns the session, or nil if it has been abandoned.
func (e *entry) value() *Session {
	if e.session != nil {
		return e.session
	}
	return e.weak.Value()
}

// weaken makes the entry no longer reference the session.
func (e *entry) weaken() {
	runtime.SetFinalizer(e.session, (*Session).abandoned)
	e.session, e.weak = nil, weak.Make(e.session)
}

// unreferenced is allocated and dropped, so that its cleanup runs after the next garbage
// collection. It has a pointer because the runtime may keep small objects that have none
// for longer.
type unreferenced struct{ _ *byte }

// awaitGCLocked arranges for weakenUnused to be called after the next garbage
// collection. The runtime calls it outside of any synctest bubble.
func (r *registry) awaitGCLocked() {
	if !r.afterGC && !r.bubble.inside {
		r.afterGC = true
		runtime.AddCleanup(new(unreferenced), (*registry).weakenUnused, r)
	}
}

// weakenUnused weakens the entries of sessions that may have been abandoned. It is
// called after each garbage collection, as long as there are sessions.
func (r *registry) weakenUnused() {
	for first, now := 0, coarse(); r.weakenFrom(first, now); first += weakenAtOnce {
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.afterGC = false; r.listed > 0 {
		r.awaitGCLocked()
	}
}

// weakenAtOnce is the number of entries that are looked at without releasing the lock.
const weakenAtOnce = 1 << 10

// weakenFrom looks at weakenAtOnce entries, and reports whether there are more.
func (r *registry) weakenFrom(first int, now uint32) (more bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	rest := r.sessions[min(first, len(r.sessions)):]
	for i := range rest[:min(weakenAtOnce, len(rest))] {
		if s := rest[i].session; s != nil && s.unusedBefore(now) {
			rest[i].weaken()
		}
	}
	return len(rest) > weakenAtOnce
}

// abandoned is the finalizer of a session. The runtime calls all finalizers in one
// goroutine, which belongs to no synctest bubble. So abandoned only has the session
// ended by another goroutine. In a bubble that is the next call of the checkTimer, or
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

// nextAbandoned removes a session from the abandoned ones and returns it, or nil.
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

// check performs the checks of all sessions, and returns the time until the next
// check. late is the delay of this one.
func (r *registry) check(late time.Duration) (next time.Duration) {
	r.endAbandoned() // those of a synctest bubble
	in, now, lost := r.settings.intervals, coarse(), lateMillis(late)
	wait := in.idle()
	for _, e := range r.list() {
		if s := e.value(); s != nil {
			wait = min(wait, s.check(now, lost, in))
		}
	}
	return millis(max(wait, 1))
}

// check performs the checks of a session, and returns the time in ms until the next
// check. late is the time in ms for which the process did not run before.
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

// checkMessageTimeout interrupts the wait of a reader whose message has taken too
// long; the reader then ends the session. It returns the time in ms until the next
// check.
func (s *Session) checkMessageTimeout(now, late uint32, in intervals) (wait uint32) {
	x := s.extra.Load()
	if x == nil {
		return in.message
	}
	since := x.messages.begin(now, late)
	if since == 0 || s.isClosing() {
		return in.message
	}
	if wait = until(since+in.message, now, in.slack()); wait > 0 {
		return wait
	}
	if !s.flags.has(isWaiting) {
		return in.step() // the program processes a chunk, and may wait for the next soon
	}
	x.messages.expire(since)
	if err := s.transport.SetReadDeadline(longAgo); err != nil { // without deadlines, only this interrupts the reader
		s.end(&ProtocolError{ClosePolicyViolation, ErrMessageTimeout})
	}
	return in.step() // the deadline may be removed concurrently
}
