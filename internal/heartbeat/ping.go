package heartbeat

import "sync/atomic"

// A Ping is one of the heartbeat's, with what is known of the peer since it was
// queued. One whose sent is 0 was not queued: there was a backlog when it was due.
type Ping struct {
	sent   int64    // when it was queued, in ns
	before Delivery // just before it was queued

	written atomic.Pointer[delivered] // nil until the Ping was written
	polled  atomic.Uint32             // when a receive last found nothing
	empty   atomic.Int32              // Pings with an empty payload whose Pongs may still come, this one included

	// The fields below belong to the goroutine that calls Check.

	queued  uint32 // when it was queued, in ms
	since   uint32 // when the silence that is measured began; while alive, not before this
	alive   bool   // there was a sign of life: the Interval before the next Ping is measured, not the Timeout
	timed   bool   // the Timeout has begun, for the Ping was written
	waiting bool   // a reader waited at the last check
	backlog bool   // bytes were queued at since
	taken   uint32 // bytes that the transport had taken when the Ping was queued
	known   bool   // the delivery was known each time
	acked   uint32 // bytes whose acknowledgement is no sign of life, or was noted as one
	total   uint32 // bytes that the peer's TCP has to acknowledge
}

// delivered is what is known of the connection just after a Ping was written.
type delivered struct {
	at uint32
	Delivery
}

// Written notes that the transport has taken the Ping, and what the kernel knows
// then. It reports whether that was not noted before.
func (p *Ping) Written(now uint32, d Delivery) bool {
	return p.written.CompareAndSwap(nil, &delivered{now, d})
}

// unread reports whether nothing has arrived since the Ping was written, so that
// nobody can have read its Pong, or those to Pings before that are unanswered.
func (p *Ping) unread(arrived uint32) bool {
	w := p.written.Load()
	return w != nil && !after(arrived, w.at)
}

// pending reports whether there was no sign of life since the Ping. Bytes that
// arrived in the ms in which it was queued, or later, are one: it is sent after an
// Interval without any. It may be noted as written only when its Pong has arrived.
func (p *Ping) pending(arrived uint32) bool {
	if w := p.written.Load(); !p.alive && w != nil && !after(p.queued, arrived) {
		p.alive = true
	}
	return !p.alive
}

// untilTimeout returns for how long to wait for a sign of life, 0 if the Timeout
// has passed.
func (p *Ping) untilTimeout(now, late uint32, waiting bool, t Options) (wait uint32) {
	p.startTimeout()
	p.postpone(now, late, t)
	if wait = remaining(p.since+t.Timeout, now); wait > 0 {
		p.waiting = waiting && late == 0
	}
	return min(wait, t.step())
}

// startTimeout begins the Timeout once the Ping was written.
//
// The peer's TCP acknowledges the Ping even if its program hangs, which is no sign
// of life. If something was under way before the Ping, its acknowledgement is one:
// the peer takes what is sent, if slowly.
func (p *Ping) startTimeout() {
	w := p.written.Load()
	if w == nil || p.timed {
		return
	}
	p.timed, p.since = true, w.at
	p.known = p.known && w.Known
	p.total = w.Delivery.written()
	p.acked = p.total
	if after(p.before.written(), w.Acked) {
		p.acked = w.Acked
	}
}

// postpone does not count the late ms before now as silence. After a long pause
// there is at least a step left, in which the reader can take in what has arrived.
func (p *Ping) postpone(now, late uint32, t Options) {
	if late == 0 {
		return
	}
	p.since += min(late, now-p.since)
	if late > t.Slack && remaining(p.since+t.Timeout, now) < t.step() {
		p.since = now - t.Timeout + t.step()
	}
}

// judge decides about a peer that was silent for the Timeout.
func (p *Ping) judge(now uint32, o *Observation, t Options) (verdict Verdict, wait uint32) {
	found := p.evidence(now, o, t).finding()
	p.waiting = o.Waiting
	switch found {
	case gone:
		return Dead, t.Interval
	case alive:
		p.alive, p.since = true, now
		return Nothing, t.Interval
	case taking:
		p.acked, p.total = o.Delivery.Acked, o.Delivery.written()
		p.since = now
	case blocked:
		p.since = now
	case unclear:
	}
	return Nothing, t.step()
}
