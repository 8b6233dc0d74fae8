package heartbeat

import (
	"math/rand/v2"
	"testing"
)

// A walk is random: who reads, how messages are sent and what the peer does, which
// shows a sign of life once per Timeout. Then nothing moves any more. A sign that no
// reader sees is noticed when the Timeout of a Ping ends.
func TestWalks(t *testing.T) {
	for seed := range uint64(500) {
		r := rand.New(rand.NewPCG(seed, 11))
		options := Options{Interval: 1 + r.Uint32N(400), Timeout: 20 + r.Uint32N(400)}
		options.Slack = min(options.Interval, options.Timeout) / 16
		c := newConn(t, options)
		c.o.Delivery.Known = r.IntN(4) > 0
		c.walk(r)
		if c.dead {
			t.Fatalf("seed %d: dead, though there were signs of life", seed)
		}
		if !c.o.Delivery.Known && !c.o.Waiting {
			continue // nobody can tell
		}
		last, within := c.now, options.Interval+options.Timeout+options.step()+1
		if c.o.Arrived != c.now {
			within += options.Timeout
		}
		c.pass(within)
		if !c.dead {
			t.Fatalf("seed %d: not dead %d ms after the last sign of life, %+v, %+v", seed, c.now-last, options, c.o)
		}
	}
}

// walk has the peer show signs of life.
func (c *conn) walk(r *rand.Rand) {
	c.o.Waiting = r.IntN(2) == 0
	if d := &c.o.Delivery; d.Known && r.IntN(2) == 0 {
		c.slowWalk(r)
		return
	}
	for range 40 {
		c.pass(r.Uint32N(c.options.Timeout - c.options.step()))
		if c.o.Delivery.Unread > 0 && r.IntN(3) == 0 { // a reader has come
			c.o.Delivery.Unread, c.o.Arrived = 0, c.now
		}
		c.ack(c.o.Delivery.Unacked)
		c.arrive()
		if r.IntN(2) == 0 {
			c.o.Queued += r.IntN(100) // a message, written at the next check
		}
	}
	c.ack(c.o.Delivery.Unacked)
}

// slowWalk is that of a peer that sends nothing and acknowledges a little at a
// time of what was sent before the Ping.
func (c *conn) slowWalk(r *rand.Rand) {
	c.o.Delivery.Unacked = 1 << 20
	for range 40 {
		c.pass(r.Uint32N(c.options.Timeout - c.options.step()))
		c.ack(1 + r.Uint32N(1000))
	}
}
