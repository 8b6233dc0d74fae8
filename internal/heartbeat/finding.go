package heartbeat

// evidence is what is known of a peer that was silent for the Timeout after a Ping.
type evidence struct {
	written bool // the Ping was written to the transport
	queued  bool // bytes are queued
	taken   bool // the transport has taken bytes since the Ping was queued
	arrived bool // a reader has received bytes since then
	read    bool // a reader had the time to take in what has arrived
	reading bool // a reader waits, or comes again and again with short contexts

	known bool // the kernel tells what was delivered; if not, the fields below are false

	received bool // bytes have arrived since the Ping was queued, which were not read
	acked    bool // bytes were acknowledged whose acknowledgement is a sign of life
	unacked  bool // bytes that were written by then are not acknowledged
	unread   bool // bytes have arrived that were not read
}

// finding is what the evidence shows.
type finding uint8

const (
	gone    finding = iota // the peer is gone
	alive                  // the peer is alive, or nothing tells; the next Ping comes after an Interval
	taking                 // the peer takes what is sent, and has another Timeout
	blocked                // the Ping cannot have reached the peer, which has another Timeout
	unclear                // a reader may find the Pong in a moment
)

// finding returns what the evidence shows. The first case that applies counts.
func (e evidence) finding() finding {
	switch {
	case !e.written && !e.known && e.read && !e.taken && !e.arrived:
		return gone // the transport takes nothing, and nobody reads anything from it
	case !e.written || e.queued:
		return blocked // for a peer that takes nothing there is the timeout of writes
	case !e.known && e.read:
		return gone // a reader would have found the Pong
	case !e.known && e.reading:
		return unclear // the reader has just come
	case !e.known:
		return alive // nobody has looked for the Pong
	case e.received:
		return alive // the Pong may be among them
	case e.acked:
		return taking // a slow peer reads the Ping after what was sent before
	case e.unacked:
		return gone // the peer's TCP is silent too: its machine or the network is gone
	case e.unread && !e.read:
		return alive // the receive buffer may have no room for the Pong
	default:
		return gone // the peer's TCP has taken the Ping, but its program does not answer
	}
}

// evidence compares what is observed with what was when the Ping was sent.
func (p *Ping) evidence(now uint32, o *Observation, t Options) evidence {
	due := p.since + t.Timeout
	polled := p.polled.Load()
	polls := polled != 0 && !after(p.since, polled) && after(due+t.Interval, now)
	e := evidence{
		written: p.timed,
		queued:  o.Queued > 0,
		taken:   o.Taken != p.taken,
		arrived: !after(p.queued, o.Arrived),
		read:    o.Waiting && p.waiting || polls && !after(due, polled),
		reading: o.Waiting || polls,
		known:   p.known && o.Delivery.Known,
	}
	if d := &o.Delivery; e.known {
		e.received = d.Received != p.before.Received
		e.acked = after(d.Acked, p.acked)
		e.unacked = after(p.total, d.Acked)
		e.unread = d.Unread > 0
	}
	return e
}
