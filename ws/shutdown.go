package ws

import (
	"context"
	"iter"
	"runtime"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"
)

// Shutdown ends the sessions of the package's own Handle. See
// Upgrader.Shutdown.
func Shutdown(ctx context.Context) error { return zero.Shutdown(ctx) }

// Shutdown ends the Upgrader's sessions with a goodbye. From now on handshakes
// are refused with 503, Retry-After and a *HandshakeError. Every session, those
// whose handshakes are under way included, is closed as by Session.Close with
// CloseGoingAway: what it had queued leaves first, and its peer has
// Upgrader.CloseTimeout to answer.
//
// Shutdown waits until all sessions have ended and then returns nil. If ctx ends
// before, it cuts those that are left, which end with ErrShutdown, and returns
// ctx's error.
//
// http.Server.Shutdown knows nothing of connections that have become sessions,
// and does not wait for their handlers: it returns at once while they are in
// the middle of a message. Call both, at the same time, since it may wait for
// other connections. Neither waits for what a handler, or a goroutine that it
// started, does after its session has ended; a program that exits then needs a
// sync.WaitGroup, as in the example. Any number of goroutines may call Shutdown,
// and again later. There is no way back.
func (u *Upgrader) Shutdown(ctx context.Context) error {
	if ctx == nil {
		return errNilContext
	}
	r := u.registry()
	r.refuseHandshakes(false)
	r.endAbandoned() // those of a synctest bubble, in which no timer need be running
	r.each(func(s *Session) { _ = s.Close(goingAway) })
	empty := r.whenEmpty()
	select {
	case <-empty:
		return nil
	case <-ctx.Done():
	}
	select {
	case <-empty: // in the same moment
		return nil
	default:
	}
	r.endAll()
	return ctx.Err()
}

// Close cuts the Upgrader's sessions without a goodbye: they end with
// ErrShutdown, what they had queued is lost, and handshakes are refused from now
// on as by Shutdown. It waits for no peer and returns nil. Any number of
// goroutines may call it, also during Shutdown, which it brings to its end.
func (u *Upgrader) Close() error {
	u.registry().endAll()
	return nil
}

// endAll ends all sessions without a closing handshake.
func (r *registry) endAll() {
	r.refuseHandshakes(true)
	r.endAbandoned()
	r.each(func(s *Session) { s.end(ErrShutdown) })
}

// refuseHandshakes has handshakes refused from now on. A session whose handshake
// is under way is closed when it begins or, if abort is set, ended.
func (r *registry) refuseHandshakes(abort bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.closed, r.aborted = true, r.aborted || abort
}

// whenEmpty returns a channel that is closed when there are neither sessions nor
// handshakes under way.
func (r *registry) whenEmpty() <-chan struct{} {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.active == 0 {
		return closedChan
	}
	if r.empty == nil {
		r.empty = make(chan struct{})
	}
	return r.empty
}

// each calls do for every session, in a few goroutines, since one call may take
// as long as a write does.
func (r *registry) each(do func(*Session)) {
	group, _ := errgroup.WithContext(context.Background())
	group.SetLimit(2 * runtime.GOMAXPROCS(0))
	for part := range slices.Chunk(r.list(), 64) {
		group.Go(func() error {
			for _, p := range part {
				if s := p.Value(); s != nil {
					do(s)
				}
			}
			return nil
		})
	}
	_ = group.Wait()
}

// Sessions returns the Upgrader's sessions as a sequence for a range loop: those
// there are when the loop begins and that have not ended when it comes to them, in
// no particular order, each of them once. The loop's body may send, close and call
// anything else: no lock is held, and no session is kept for the loop but the one
// at hand. A session appears just before Trace.SessionStart is called. Sessions is
// safe for concurrent use and does not block.
func (u *Upgrader) Sessions() iter.Seq[*Session] {
	return func(yield func(*Session) bool) {
		for _, p := range u.registry().list() {
			if s := p.Value(); s != nil && s.ended() == nil && !yield(s) {
				return
			}
		}
	}
}

// Stats returns what has become of the Upgrader's sessions so far. Counting is
// done once for all that a read or a write has moved, and costs no allocation and
// some nanoseconds. Stats itself asks every session: a millisecond for some ten
// thousand. It does not wait for peers, and any goroutine may call it.
func (u *Upgrader) Stats() Stats {
	r := u.registry()
	r.mu.Lock()
	list := slices.Clone(r.sessions)
	stats := r.counts.stats()
	r.mu.Unlock()
	known := time.Duration(0)
	for _, p := range list {
		s := p.Value()
		if s == nil {
			continue
		}
		stats.Sessions++
		stats.Queued += s.out.Report((*outboxCallbacks)(s))
		if latency := s.Latency(); latency > 0 {
			stats.Latency += latency
			known++
		}
	}
	if known > 0 {
		stats.Latency /= known
	}
	stats.In, stats.Out = r.traffic.in.traffic(), r.traffic.out.traffic()
	stats.Pings, stats.Pongs, stats.Unread = r.pings.Load(), r.pongs.Load(), r.unread.Load()
	stats.ClosesSent, stats.ClosesReceived = r.closeFrames.copy()
	return stats
}
