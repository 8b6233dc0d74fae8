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

// Shutdown shuts the Upgrader down. From now on handshakes are refused with 503,
// Retry-After and a *HandshakeError. Every session, also one whose handshake is under
// way, is closed as by Session.Close with CloseGoingAway: what it had queued is sent
// first, and its peer has Upgrader.CloseTimeout to answer.
//
// Shutdown waits until all sessions have ended and all functions of Handler have
// returned, and then returns nil. If ctx ends first, Shutdown closes the connections of
// the sessions that are left, which end with ErrShutdown, and returns ctx's error.
//
// http.Server.Shutdown does not know connections that have become sessions, and does
// not wait for their handlers. Call both concurrently, since the server may wait for
// other connections. Neither waits for what a handler that called Handle, or a goroutine
// that it started, does after its session has ended: for that a program needs a
// sync.WaitGroup. A function of Handler that calls Shutdown waits for itself.
//
// Shutdown is safe for concurrent use and may be called again. An Upgrader cannot be
// used again after Shutdown.
func (u *Upgrader) Shutdown(ctx context.Context) error {
	if ctx == nil {
		return errNilContext
	}
	r := u.registry()
	r.refuseHandshakes(false)
	r.endAbandoned() // those of a synctest bubble, in which no timer need be running
	r.each(func(s *Session) { _ = s.Close(goingAway) })
	idle := r.whenIdle()
	select {
	case <-idle:
		return nil
	case <-ctx.Done():
	}
	select {
	case <-idle: // in the same moment
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

// whenIdle returns a channel that is closed when there are neither sessions whose Done
// is not closed, nor handshakes under way, nor functions of Handler that have not
// returned.
func (r *registry) whenIdle() <-chan struct{} {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.active == 0 {
		return closedChan
	}
	if r.idle == nil {
		r.idle = make(chan struct{})
	}
	return r.idle
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
