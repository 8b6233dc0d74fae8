package ws

import (
	"context"
	"iter"
	"runtime"
	"slices"
	"time"

	"github.com/handset-go/handset/internal/clock"
	"golang.org/x/sync/errgroup"
)

// Shutdown calls Upgrader.Shutdown for the sessions of the package-level Handle
// and Handler.
func Shutdown(ctx context.Context) error { return defaultUpgrader.Shutdown(ctx) }

// Shutdown closes all sessions of u. From then on handshakes are refused with 503 and
// a Retry-After header. Every session, including those whose handshake is in progress,
// is closed as by Session.Close with CloseGoingAway: what is queued is sent first, and
// the peer has Options.CloseTimeout to answer. With Upgrader.ShutdownWindow, the sessions
// are closed with CloseServiceRestart and spread over that time.
//
// Shutdown waits until all sessions have ended and all functions of Handler have
// returned, and returns nil. If ctx ends first, Shutdown ends the remaining sessions
// immediately, with ErrShutdown, and returns ctx's error. A function of Handler must
// not call Shutdown, because it would wait for itself.
//
// http.Server.Shutdown neither closes sessions nor waits for their handlers. Call both
// at the same time, because http.Server.Shutdown may wait for other connections.
// Neither waits for what a handler that has called Handle, or a goroutine that it has
// started, does after its session has ended; use a sync.WaitGroup for that, as in the
// example. Shutdown is safe for concurrent use and may be called again. An Upgrader
// cannot be reused after Shutdown.
func (u *Upgrader) Shutdown(ctx context.Context) error {
	return u.registry().shutdown(ctx, u.shutdownReason(), u.ShutdownWindow)
}

// shutdown closes all sessions with reason, spread over the window, and waits as
// Upgrader.Shutdown does.
func (r *registry) shutdown(ctx context.Context, reason CloseReason, window time.Duration) error {
	if ctx == nil {
		return errNilContext
	}
	first := r.refuseHandshakes(reason)
	r.endAbandoned() // those of a synctest bubble, where no timer may be running
	idle := r.whenIdle()
	switch {
	case window <= 0:
		r.each(func(s *Session) { _ = s.Close(reason) })
	case first:
		r.closeSpread(ctx, window, reason, idle)
	}
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

// Close ends all sessions immediately, without a closing handshake, with ErrShutdown.
// What is queued is lost. From then on handshakes are refused, as after Shutdown.
// Close does not wait and returns nil. It is safe for concurrent use, also while
// Shutdown waits.
func (u *Upgrader) Close() error {
	u.registry().endAll()
	return nil
}

// endAll ends all sessions without a closing handshake.
func (r *registry) endAll() {
	r.abortHandshakes()
	r.endAbandoned()
	r.each(func(s *Session) { s.end(ErrShutdown) })
}

// refuseHandshakes makes Handle and Dial fail. A session whose handshake is in
// progress is closed with reason when it begins. first reports whether handshakes were
// accepted before.
func (r *registry) refuseHandshakes(reason CloseReason) (first bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	first = !r.closed
	if first {
		r.closed, r.closeReason = true, reason
	}
	return first
}

// abortHandshakes makes Handle and Dial fail. A session whose handshake is in
// progress is ended when it begins.
func (r *registry) abortHandshakes() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.closed, r.aborted = true, true
}

// isShutDown reports whether Shutdown or Close has been called.
func (r *registry) isShutDown() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.closed
}

// shutdownReason returns the reason with which Shutdown closes the sessions.
func (u *Upgrader) shutdownReason() CloseReason {
	if u.ShutdownWindow > 0 {
		return restarting
	}
	return goingAway
}

// spreadStep is the least time between two groups of sessions that closeSpread closes.
// Without it, a large server would set a timer for each session.
const spreadStep = 10 * time.Millisecond

// closeSpread closes the sessions in random order and at even intervals, the last one at
// the end of the window. It returns early when ctx or idle is done. It needs no goroutine,
// because Close does not wait for the peer.
func (r *registry) closeSpread(ctx context.Context, window time.Duration, reason CloseReason, idle <-chan struct{}) {
	list, began := r.list(), time.Now()
	shuffle(list)
	for i := 0; i < len(list); {
		timer := time.NewTimer(max(due(i, len(list), window)-time.Since(began), spreadStep))
		select {
		case <-timer.C:
		case <-idle:
			timer.Stop()
			return
		case <-ctx.Done():
			timer.Stop()
			return
		}
		for ; i < len(list) && due(i, len(list), window) <= time.Since(began); i++ {
			if s := list[i].value(); s != nil {
				_ = s.Close(reason)
			}
			list[i] = entry{} // the window may be long
		}
	}
}

// shuffle puts the entries into random order.
func shuffle(list []entry) {
	for i := len(list) - 1; i > 0; i-- {
		j := clock.Random(int64(i) + 1)
		list[i], list[j] = list[j], list[i]
	}
}

// due returns the time at which the session with index i of n is closed.
func due(i, n int, window time.Duration) time.Duration {
	return time.Duration(float64(window) * (float64(i+1) / float64(n)))
}

// whenIdle returns a channel that is closed when there are no sessions whose Done
// channel is open, no handshakes in progress, and no functions of Handler that have not
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

// each calls do for each session, in a few goroutines, because a call may take as
// long as a write.
func (r *registry) each(do func(*Session)) {
	group, _ := errgroup.WithContext(context.Background())
	group.SetLimit(2 * runtime.GOMAXPROCS(0))
	for part := range slices.Chunk(r.list(), 64) {
		group.Go(func() error {
			for _, e := range part {
				if s := e.value(); s != nil {
					do(s)
				}
			}
			return nil
		})
	}
	_ = group.Wait()
}

// Sessions returns the open sessions as a sequence for a range loop, each once, in no
// particular order. Sessions that begin during the loop are not yielded, nor are
// those that have ended. No lock is held while the body of the loop runs, so it may
// call any method. The sequence references the sessions that it has not yielded yet. A
// session appears just before Trace.SessionStart is called. Sessions does not block and is
// safe for concurrent use.
func (u *Upgrader) Sessions() iter.Seq[*Session] { return u.registry().openSessions() }

func (r *registry) openSessions() iter.Seq[*Session] {
	return func(yield func(*Session) bool) {
		list := r.list()
		for i := range list {
			s := list[i].value()
			list[i] = entry{} // the loop may take long
			if s != nil && s.ended() == nil && !yield(s) {
				return
			}
		}
	}
}

// Stats returns the statistics of u. Counting costs some nanoseconds
// for each read or write, and no allocation. Stats itself takes about 1 ms for
// 10,000 sessions. It does not wait for peers and is safe for concurrent use.
func (u *Upgrader) Stats() Stats { return u.registry().stats() }

func (r *registry) stats() Stats {
	r.mu.Lock()
	list := slices.Clone(r.sessions)
	stats := r.counts.stats()
	r.mu.Unlock()
	known := time.Duration(0)
	for _, e := range list {
		s := e.value()
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
