package heartbeat

import (
	"fmt"
	"testing"
)

// Time in which the process did not run is no silence.
func TestPause(t *testing.T) {
	for _, test := range []struct{ before, pause, then uint32 }{
		{0, 3_600_000, 2000},
		{1000, 60_000, 1000},
		{1999, 60_000, 100},
		{1000, 10, 1000},
		{1999, 10, 2},
	} {
		t.Run(fmt.Sprintf("before=%d,pause=%d", test.before, test.pause), func(t *testing.T) {
			c := newConn(t, Options{Interval: 3000, Timeout: 2000, Slack: 100})
			c.o.Waiting = true
			c.now += 2900
			c.check(0)
			if c.pings != 1 {
				t.Fatal("no Ping")
			}
			c.pass(test.before)
			c.now += test.pause
			c.check(test.pause)
			for ran := uint32(0); ran < test.then; ran++ {
				if c.dead {
					t.Fatalf("dead after %d ms, want %d", ran, test.then)
				}
				c.now++
				c.check(0)
			}
			if !c.dead {
				t.Errorf("not dead after %d ms", test.then)
			}
		})
	}
}

// What arrives within the ms in which the Ping is written is a sign of life, also if it
// is not the Pong.
func TestArrivalWithinMillisecond(t *testing.T) {
	c := newConn(t, Options{Interval: 3000, Timeout: 2000, Slack: 100})
	c.o.Waiting = true
	for ; c.pings < 5 && !c.dead; c.now++ {
		pings := c.pings
		if c.check(0); c.pings > pings {
			c.arrive()
		}
	}
	if c.dead {
		t.Errorf("dead after %d Pings", c.pings)
	}
}

// After a pause the reader has at least a step to take in what has arrived.
func TestPauseLeavesTimeToRead(t *testing.T) {
	c := newConn(t, Options{Interval: 3000, Timeout: 2000, Slack: 100})
	c.o.Waiting = true
	c.pass(4999)
	c.now += 60_000
	c.check(60_000)
	if c.pass(101); c.dead {
		t.Error("dead, though the reader was not seen to wait for a step")
	}
	if c.pass(100); !c.dead {
		t.Error("not dead")
	}
}

// Silence is shorter by the pause, and does not begin in the future.
func TestPostpone(t *testing.T) {
	options := Options{Interval: 3000, Timeout: 2000, Slack: 100}
	for _, test := range []struct{ since, late, want uint32 }{
		{500, 0, 500},
		{500, 50, 550},
		{500, 5000, 1000}, // the Ping was written within the pause
		{500, 500, 1000},
	} {
		g := Ping{since: test.since}
		if g.postpone(1000, test.late, options); g.since != test.want {
			t.Errorf("since %d, late %d: %d, want %d", test.since, test.late, g.since, test.want)
		}
	}
}

// What the peer's TCP acknowledges by itself is distinguished from what it acknowledges
// only if it has space.
func TestStartTimeout(t *testing.T) {
	for _, test := range []struct {
		name         string
		before       Delivery // the Ping
		after        Delivery
		acked, total uint32
	}{
		{"nothing was under way", Delivery{Acked: 50}, Delivery{Acked: 50, Unacked: 16}, 66, 66},
		{"nothing was, and the Ping is acknowledged at once", Delivery{Acked: 50}, Delivery{Acked: 66}, 66, 66},
		{"messages are", Delivery{Acked: 50, Unacked: 100}, Delivery{Acked: 60, Unacked: 106}, 60, 166},
		{"messages were", Delivery{Acked: 50, Unacked: 100}, Delivery{Acked: 150, Unacked: 16}, 166, 166},
	} {
		t.Run(test.name, func(t *testing.T) {
			test.before.Known, test.after.Known = true, true
			g := Ping{before: test.before, known: true}
			g.Written(10, test.after)
			g.startTimeout()
			if g.since != 10 || !g.timed || !g.known || g.acked != test.acked || g.total != test.total {
				t.Errorf("since %d, %d of %d acknowledged, want %d of %d", g.since, g.acked, g.total, test.acked, test.total)
			}
		})
	}
	for _, known := range []bool{false, true} {
		g := Ping{known: known}
		g.Written(10, Delivery{Known: !known})
		if g.startTimeout(); g.known {
			t.Errorf("known, though the delivery was known when the Ping was queued: %v, and when it was written: %v", known, !known)
		}
	}
}
