package heartbeat

// evidence is what there is to judge a peer by that was silent for the Timeout
// after a Ping.
type evidence struct {
	written bool // the Ping was written to the transport
	queued  bool // bytes are queued
	taken   bool // the transport has taken bytes since the Ping was queued
	read    bool // a reader had the time to take in what has arrived
	reading bool // a reader waits, or comes again and again with short contexts

	// The kernel's, all false unless known.

	known    bool // the kernel tells of its deliveries
	received bool // bytes have arrived since the Ping was queued
	acked    bool // the peer's TCP has acknowledged what it could only with room for it
	unacked  bool // it has not acknowledged all that was written
	unread   bool // bytes were not read that arrived before the Ping
}

// finding is what the evidence shows.
type finding uint8

const (
	gone    finding = iota // the peer is
	alive                  // the peer is, or may be, and only the next Ping can tell
	taking                 // the peer takes what is sent: it has another Timeout
	blocked                // the Ping cannot reach the peer yet: the Timeout has not begun
	unclear                // the reader can tell, in a moment
)

// finding judges the evidence. The order of the cases matters.
func (e evidence) finding() finding {
	switch {
	case !e.written && !e.known && e.read && !e.taken:
		return gone // the transport has not even taken the Ping, nor anything before it
	case !e.written || e.queued:
		return blocked // the peer has to take that first; the timeout of writes ends a session whose peer does not
	case !e.known && e.read:
		return gone // there was somebody to read a Pong, and none came
	case !e.known && e.reading:
		return unclear // the reader has just come, and may find the Pong
	case !e.known:
		return alive // nobody has looked whether a Pong has arrived
	case e.received:
		return alive // a Pong, it may be, that nobody has read
	case e.acked:
		return taking // a slow peer comes to the Ping when it has read what was before
	case e.unacked:
		return gone // the peer's TCP does not answer: the machine or the network is gone
	case e.unread && !e.read:
		return alive // the receive buffer may be full, without room for a Pong
	default:
		return gone // the peer's TCP has taken the Ping, but the program hangs
	}
}

// evidence compares what is observed with what was when the Ping was sent.
func (g *Ping) evidence(now uint32, o *Observation, t Options) evidence {
	due := g.since + t.Timeout
	polled := g.polled.Load()
	polls := polled != 0 && !after(g.since, polled) && after(due+t.Interval, now)
	e := evidence{
		written: g.timed,
		queued:  o.Queued > 0,
		taken:   o.Taken != g.taken,
		read:    o.Waiting && g.waiting || polls && !after(due, polled),
		reading: o.Waiting || polls,
		known:   g.known && o.Delivery.Known,
	}
	if d := &o.Delivery; e.known {
		e.received = d.Received != g.before.Received
		e.acked = after(d.Acked, g.acked)
		e.unacked = after(g.total, d.Acked)
		e.unread = d.Unread > 0
	}
	return e
}
