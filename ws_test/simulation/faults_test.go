package simulation

import (
	"fmt"
	"io"
	"time"
)

// A fault is what a network does to a connection that is open. All of them happen on real
// networks.
type fault struct {
	name  string
	harms bool // sessions may be lost; otherwise nothing may be lost or end, however long it takes
	cause func(l *connection, rng random)
}

var faults = []fault{
	{"reset", true, func(l *connection, _ random) { l.up.reset(); l.down.reset() }},
	{"reset of one end", true, func(l *connection, rng random) { l.some(rng, (*flow).reset) }},
	{"drop", true, func(l *connection, _ random) { l.up.drop(); l.down.drop() }},
	{"drop of one direction", true, func(l *connection, rng random) { l.some(rng, (*flow).drop) }},
	{"half-close", true, func(l *connection, rng random) { l.some(rng, (*flow).cut) }},
	{"violation", true, func(l *connection, rng random) { l.some(rng, func(f *flow) { f.violate(rng) }) }},
	{"short stall", false, func(l *connection, rng random) {
		d := rng.between(0, shortStall)
		l.some(rng, func(f *flow) { f.stall(d) })
	}},
	{"long stall", true, func(l *connection, rng random) {
		d := rng.between(0, 2*time.Minute)
		l.some(rng, func(f *flow) { f.stall(d) })
	}},
}

// shortStall is shorter than every timeout of a session.
const shortStall = 200 * time.Millisecond

// some calls do for one direction.
func (l *connection) some(rng random, do func(*flow)) { do(one(rng, l.up, l.down)) }

// runFaults causes the faults of a connection, at instants that the seed chooses.
func (p *pair) runFaults() {
	rng := newRandom(p.run.seed, fmt.Sprint("faults ", p.id))
	if !rng.chance(p.run.plan.faulty) {
		return
	}
	at := p.phase(phaseFault)
	for range 1 + rng.IntN(2) {
		f := one(rng, faults...)
		at.pause(time.Duration(rng.size(int(p.run.plan.duration))))
		p.run.trace.add(fmt.Sprint("network ", p.id), f.name)
		p.connection.mu.Lock()
		p.connection.faults = append(p.connection.faults, f.name)
		p.connection.faulty = p.connection.faulty || f.harms
		p.connection.mu.Unlock()
		f.cause(p.connection, rng)
	}
}

// harmed reports whether a fault may have harmed the sessions.
func (l *connection) harmed() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.faulty
}

// reset resets the connection for the reader of this direction, and later for its writer.
func (f *flow) reset() {
	f.mu.Lock()
	f.resetReaderLocked()
	now := time.Now()
	at := f.phase.next(now, now.Add(f.random.between(0, f.latency+time.Millisecond)))
	f.mu.Unlock()
	time.AfterFunc(at.Sub(now), f.resetWriter)
}

// drop loses what is written from now on, without a sign of it, and what is under way.
func (f *flow) drop() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.isHarmed = true
	f.lost = true
	if f.arriveLocked(); f.ended == nil {
		f.endAt = time.Time{}
	}
	f.discardLocked(f.ready)
	f.changed.Broadcast()
}

// cut ends the direction for the reader only.
func (f *flow) cut() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.writeClosed && !f.lost {
		f.endLocked(io.EOF)
	}
	f.lost, f.isCut = true, true
	f.changed.Broadcast()
}

// stall makes nothing arrive for d.
func (f *flow) stall(d time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	now := time.Now()
	f.isHarmed = f.isHarmed || d > shortStall
	f.held = f.phase.next(now, now.Add(d))
	f.changed.Broadcast()
}
