package heartbeat

import "testing"

// conn is a connection in a test: what happens to it, and what is seen of it.
type conn struct {
	t    *testing.T
	now  uint32
	o    Observation
	peer Peer

	options Options
	holds   bool // the transport takes nothing
	often   bool // there is a check every ms, as where many peers are checked together
	next    uint32
	pings   int
	dead    bool
}

// newConn returns a connection whose peer has just sent something. The time is
// about to come round.
func newConn(t *testing.T, options Options) *conn {
	c := &conn{t: t, now: ^uint32(0) - 100_000, options: options}
	c.o.Arrived, c.next = c.now, c.now
	return c
}

// pass lets ms pass in which the heartbeat is checked whenever it wants to be.
func (c *conn) pass(ms uint32) {
	for end := c.now + ms; c.now != end && !c.dead; c.now++ {
		if c.often || !after(c.next, c.now) {
			c.check(0)
		}
	}
}

// check is what the caller of a heartbeat does.
func (c *conn) check(late uint32) {
	c.flush()
	verdict := Nothing
	wait := c.peer.Wait(c.now, late, c.o.Arrived, c.o.Waiting, c.options)
	if wait == 0 {
		verdict, wait = c.peer.Check(c.now, &c.o, c.options)
	}
	switch verdict {
	case SendPing:
		c.pings++
		c.peer.Begin(c.now, int64(c.pings), false, &c.o)
		c.o.Queued += payloadSize
		c.flush()
	case Dead:
		c.dead = true
	}
	if c.next = c.now + wait; wait == 0 || wait > max(c.options.Interval, c.options.Timeout) {
		c.t.Fatalf("to come again after %d ms", wait)
	}
}

// flush writes what is queued, and notes that a Ping was written with it.
func (c *conn) flush() {
	if c.holds {
		return
	}
	c.take(c.o.Queued)
	if g := c.peer.Queued(); g != nil {
		g.Written(c.now, c.o.Delivery)
	}
}

// take has the transport take n bytes of what is queued.
func (c *conn) take(n int) {
	c.o.Queued -= n
	c.o.Taken += uint32(n)
	if c.o.Delivery.Known {
		c.o.Delivery.Unacked += uint32(n)
	}
}

// ack has the peer's TCP acknowledge n bytes.
func (c *conn) ack(n uint32) {
	c.o.Delivery.Acked += n
	c.o.Delivery.Unacked -= n
}

// arrive has bytes arrive, which are read if somebody waits for them.
func (c *conn) arrive() {
	if c.o.Delivery.Known {
		c.o.Delivery.Received++
	}
	if c.o.Waiting {
		c.o.Arrived = c.now
	} else if c.o.Delivery.Known {
		c.o.Delivery.Unread++
	}
}
