package heartbeat

import "sync/atomic"

// A Ping is the last one that was sent to a peer, together with what is known of
// the peer since. One whose sent is 0 stands for none: there was a backlog when
// the first was due.
type Ping struct {
	sent   int64    // when it was queued, in ns
	before Delivery // just before it was queued

	written atomic.Pointer[delivered] // nil until the Ping was written
	polled  atomic.Uint32             // when a receive last ended that found nothing
	empty   atomic.Int32              // Pings with an empty payload whose Pongs may still come, this one included

	// The fields below belong to the goroutine that calls Check.

	since   uint32 // when the silence began that is measured, if no bytes have arrived since
	alive   bool   // there was a sign of life: what is measured is the Interval before the next Ping
	timed   bool   // since was set when the Ping was written, or later
	waiting bool   // a reader waited at the last check
	backlog bool   // bytes were queued at since
	taken   uint32 // bytes that the transport had taken when the Ping was queued
	known   bool   // the kernel has told of its deliveries each time
	acked   uint32 // bytes whose acknowledgement is no sign of life, or was noted as one
	total   uint32 // bytes that the peer's TCP has to acknowledge
}

// delivered is what is known of the connection just after a Ping was written.
type delivered struct {
	at uint32
	Delivery
}

// Written notes that the Ping was written to the transport, and reports whether
// that was not known before.
func (g *Ping) Written(now uint32, d Delivery) bool {
	return g.written.CompareAndSwap(nil, &delivered{now, d})
}

// unread reports whether nobody can have read a Pong to the Ping or to one before,
// for nothing has arrived since it was written.
func (g *Ping) unread(arrived uint32) bool {
	w := g.written.Load()
	return w != nil && !after(arrived, w.at)
}

// pending reports whether there was no sign of life since the Ping. Bytes that
// arrived after it was written are one.
func (g *Ping) pending(arrived uint32) bool {
	if w := g.written.Load(); !g.alive && w != nil && after(arrived, w.at) {
		g.alive = true
	}
	return !g.alive
}

// untilTimeout returns for how long to wait for a sign of life, 0 if the Timeout
// has passed.
func (g *Ping) untilTimeout(now, late uint32, waiting bool, t Options) (wait uint32) {
	g.startTimeout()
	g.postpone(now, late, t)
	if wait = remaining(g.since+t.Timeout, now); wait > 0 {
		g.waiting = waiting && late == 0
	}
	return min(wait, t.step())
}

// startTimeout begins the Timeout once the Ping was written.
//
// The peer's TCP acknowledges the Ping even if its program hangs, which is no sign
// of life. If something was under way before the Ping, its acknowledgement is one:
// the peer takes what is sent, if slowly.
func (g *Ping) startTimeout() {
	w := g.written.Load()
	if w == nil || g.timed {
		return
	}
	g.timed, g.since = true, w.at
	g.known = g.known && w.Known
	g.total = w.Delivery.written()
	g.acked = g.total
	if after(g.before.written(), w.Acked) {
		g.acked = w.Acked
	}
}

// postpone adds the time for which the process did not run. After a long pause a
// step is left in any case, in which the reader can take in what has arrived.
func (g *Ping) postpone(now, late uint32, t Options) {
	if late == 0 {
		return
	}
	g.since += min(late, now-g.since)
	if late > t.Slack && remaining(g.since+t.Timeout, now) < t.step() {
		g.since = now - t.Timeout + t.step()
	}
}

// judge decides about a peer that was silent for the Timeout after a Ping.
func (g *Ping) judge(now uint32, o *Observation, t Options) (verdict Verdict, wait uint32) {
	found := g.evidence(now, o, t).finding()
	g.waiting = o.Waiting
	switch found {
	case gone:
		return Dead, t.Interval
	case alive:
		g.alive, g.since = true, now
		return Nothing, t.Interval
	case taking:
		g.acked, g.total = o.Delivery.Acked, o.Delivery.written()
		g.since = now
	case blocked:
		g.since = now
	case unclear:
	}
	return Nothing, t.step()
}
