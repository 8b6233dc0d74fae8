package simulation

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/handset-go/handset/ws"
)

// stopper is what can be shut down: an Upgrader or a Dialer.
type stopper interface {
	Shutdown(context.Context) error
	Close() error
}

// The phases of shutdowns.
const (
	phaseUpgrader  = phaseShutdown
	phaseDialer    = phaseShutdown + 1
	phaseInterrupt = phaseShutdown + 16
)

// shutdown ends what is left, as a program does that ends. Some of it may have been shut
// down before, in the middle of the run.
func (r *run) shutdown() {
	grace := newRandom(r.seed, "shutdown").between(0, 20*time.Second)
	r.shuts()
	var all tasks
	all.Go(func() { r.shutOne("upgrader", newPhase(phaseUpgrader), &r.plan.upgrader, grace) })
	for i, d := range r.plan.dialers {
		all.Go(func() { r.shutOne(fmt.Sprint("dialer ", i), newPhase(phaseDialer+i), d, grace) })
	}
	all.Wait()
}

// shutOne shuts an Upgrader or a Dialer down.
func (r *run) shutOne(name string, at *phase, s stopper, grace time.Duration) {
	at.pause(0)
	now := time.Now()
	ctx, cancel := context.WithDeadline(context.Background(), at.next(now, now.Add(grace)))
	defer cancel()
	err := s.Shutdown(ctx)
	r.trace.add(name, "Shutdown: ", err)
	if err == nil {
		return
	}
	r.aborts()
	r.checkClosing(s)
	if !errors.Is(err, context.DeadlineExceeded) || ctx.Err() == nil {
		r.failf("Shutdown of the %s: %v", name, err)
	}
}

// checkClosing checks, when Shutdown has ended the sessions that were left, that it has
// closed them before.
func (r *run) checkClosing(s stopper) {
	if s == stopper(&r.plan.upgrader) && r.plan.upgrader.ShutdownWindow > 0 {
		return
	}
	r.mu.Lock()
	pairs := slices.Collect(maps.Values(r.pairs))
	r.mu.Unlock()
	for _, p := range pairs {
		e := p.server
		if s == stopper(p.dialer) {
			e = p.client
		} else if s != stopper(&r.plan.upgrader) {
			continue
		}
		if e.hasBegun() && e.session.Err() == ws.ErrShutdown && !e.hasSentClose() &&
			!p.connection.harmed() && !e.peer.lost(time.Now()) {
			e.failf("Shutdown has ended the session without having closed it")
		}
	}
}

// shuts records that a shutdown begins.
func (r *run) shuts() {
	r.mu.Lock()
	if r.shut.IsZero() {
		r.shut = time.Now()
	}
	pairs := make([]*pair, 0, len(r.pairs))
	for _, p := range r.pairs {
		pairs = append(pairs, p)
	}
	r.mu.Unlock()
	for _, p := range pairs {
		p.client.closesItself()
		p.server.closesItself()
	}
}

// shutAt returns when a shutdown has begun, or the zero time.
func (r *run) shutAt() time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.shut
}

// aborts records that sessions are ended without a closing handshake.
func (r *run) aborts() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.aborted = true
}

// interrupt shuts something down in the middle of the run, if the seed says so.
func (r *run) interrupt() {
	rng := newRandom(r.seed, "interrupt")
	if !rng.chance(20) {
		return
	}
	at := newPhase(phaseInterrupt)
	at.pause(rng.between(0, r.plan.duration))
	r.shuts()
	name, s := "upgrader", stopper(&r.plan.upgrader)
	if i := rng.IntN(4); i < len(r.plan.dialers) {
		name, s = fmt.Sprint("dialer ", i), r.plan.dialers[i]
	}
	if rng.chance(70) {
		r.shutOne(name+" in the middle", at, s, rng.between(0, 10*time.Second))
		return
	}
	r.aborts()
	r.trace.add("interrupt", "Close of the ", name)
	if err := s.Close(); err != nil {
		r.failf("Close of the %s: %v", name, err)
	}
}
