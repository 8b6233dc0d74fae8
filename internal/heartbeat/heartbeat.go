// Package heartbeat decides when the peer of a connection is pinged (RFC 6455
// §5.5.2) and when it is gone. It does no I/O and reads no clock: the caller
// passes the time and what it observes of the connection.
//
// A peer is in one of three states:
//
//	active  bytes have arrived within Options.Interval. After an Interval
//	        without any, the caller is asked to send a Ping.
//	queued  the Ping waits to be written to the transport.
//	pinged  the Ping was written. A byte that arrives makes the peer active
//	        again. After Options.Timeout without any, Peer.Check decides by
//	        what the transport and the kernel know of the connection.
//
// Times are in ms and counts are in bytes, both modulo 2^32: two times can be
// compared if they are less than 24 days apart. The time 0 stands for none.
package heartbeat

import "sync/atomic"

// Options are the times of a heartbeat, in ms and of at most 24 days.
type Options struct {
	Interval uint32 // how long a peer may be silent before it is pinged
	Timeout  uint32 // how long it may be silent after the Ping was written
	Slack    uint32 // how much earlier than due a Ping may be sent
}

// step is how long to wait between checks while something may happen at any time.
func (t Options) step() uint32 { return max(t.Slack, 1) }

// Observation is what the caller sees of a connection at one moment.
type Observation struct {
	Arrived  uint32 // when the reader last took in bytes
	Waiting  bool   // a reader waits for bytes
	Queued   int    // bytes that are queued and were not taken by the transport
	Taken    uint32 // bytes that the transport has taken, in all
	Delivery Delivery
}

// Delivery is what the kernel knows of a TCP connection.
type Delivery struct {
	Known    bool   // if it is false, the other fields are zero
	Acked    uint32 // bytes that the peer's TCP has acknowledged, in all
	Unacked  uint32 // bytes that were written and are not acknowledged yet
	Received uint32 // bytes that have arrived, read or not, in all
	Unread   uint32 // bytes that have arrived and were not read yet
}

// written returns how many bytes were written, in all.
func (d *Delivery) written() uint32 { return d.Acked + d.Unacked }

// A Verdict is what the caller of Check has to do.
type Verdict uint8

const (
	Nothing  Verdict = iota
	SendPing         // call Begin and queue the Ping
	Dead             // the peer is gone, unless bytes have arrived since the observation
)

// A Peer is what the heartbeat knows of a peer. The zero value is an active peer,
// and takes no more memory than a pointer until the first Ping. It must not be
// copied after first use.
//
// Wait, Check, Begin and Cancel must be called by one goroutine at a time. The
// other methods, and Ping.Written, are safe for concurrent use with them.
type Peer struct {
	last atomic.Pointer[Ping] // nil before the first Ping, and when it was answered
}

// Wait returns for how long there is nothing to decide, 0 when Check is to be
// called. late is for how long the process did not run before now: it is not
// counted as silence. arrived and waiting are as in an Observation; the rest of
// that, which takes system calls, is not needed.
func (p *Peer) Wait(now, late, arrived uint32, waiting bool, t Options) (wait uint32) {
	return untilDue(p.last.Load(), now, late, arrived, waiting, t)
}

// untilDue is Wait. last may be nil.
func untilDue(last *Ping, now, late, arrived uint32, waiting bool, t Options) (wait uint32) {
	since := arrived
	if last != nil {
		if last.pending(arrived) {
			return last.untilTimeout(now, late, waiting, t)
		}
		if after(last.since, since) {
			since = last.since
		}
	}
	if wait = remaining(since+t.Interval, now); wait <= t.Slack {
		return 0
	}
	return wait
}

// Check returns what is to be done about a peer for which Wait has returned 0, and
// when to call Wait again. After SendPing the caller calls Begin.
func (p *Peer) Check(now uint32, o *Observation, t Options) (verdict Verdict, wait uint32) {
	last := p.last.Load()
	switch wait := untilDue(last, now, 0, o.Arrived, o.Waiting, t); {
	case wait > 0: // the Pong was received or the Ping written since the call of Wait
		return Nothing, wait
	case last != nil && !last.alive:
		return last.judge(now, o, t)
	case o.Queued > 0 || last != nil && last.backlog:
		p.noteBacklog(last, now, o)
		return Nothing, t.Interval
	}
	return SendPing, min(t.step(), t.Timeout)
}

// noteBacklog postpones the Ping by an Interval. Either bytes are queued, and the
// timeout of writes ends a session whose peer does not take them, or they were when
// the Ping was due before, and the peer has taken them since. last may be nil.
func (p *Peer) noteBacklog(last *Ping, now uint32, o *Observation) {
	if last == nil {
		last = &Ping{alive: true}
		p.last.Store(last)
	}
	last.since, last.backlog = now, o.Queued > 0
}

// Begin returns the Ping that Check has asked for, which the caller is about to
// queue, and the one before, which is for Cancel. sent is the time in ns, not 0,
// and names the Ping. empty says that its payload is empty, and not Mark.Payload.
func (p *Peer) Begin(now uint32, sent int64, empty bool, o *Observation) (ping, before *Ping) {
	before = p.last.Load()
	ping = &Ping{sent: sent, before: o.Delivery, queued: now, since: now, taken: o.Taken, known: o.Delivery.Known}
	if empty {
		ping.empty.Store(1)
		if before != nil && before.unread(o.Arrived) {
			ping.empty.Add(before.empty.Load())
		}
	}
	p.last.Store(ping)
	return ping, before
}

// Cancel undoes Begin for a Ping that could not be queued.
func (p *Peer) Cancel(ping, before *Ping) { p.last.CompareAndSwap(ping, before) }

// Queued returns the Ping that is not known to be written yet, nil if there is
// none.
func (p *Peer) Queued() *Ping {
	if last := p.last.Load(); last != nil && last.sent != 0 && last.written.Load() == nil {
		return last
	}
	return nil
}

// Polled notes that a receive has found nothing until its deadline passed.
func (p *Peer) Polled(now uint32) {
	if last := p.last.Load(); last != nil {
		last.polled.Store(now)
	}
}

// after reports whether the time or count a is after b.
func after(a, b uint32) bool { return int32(a-b) > 0 }

// remaining returns how long it is from now until the deadline, 0 if that has
// passed.
func remaining(deadline, now uint32) uint32 {
	if after(deadline, now) {
		return deadline - now
	}
	return 0
}
