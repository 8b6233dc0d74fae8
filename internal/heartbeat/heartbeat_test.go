package heartbeat

import (
	"fmt"
	"testing"
	"unsafe"
)

// A Peer takes no more memory than a pointer: there is one in every session.
func TestPeerSize(t *testing.T) {
	if got := unsafe.Sizeof(Peer{}); got != unsafe.Sizeof(uintptr(0)) {
		t.Errorf("%d bytes", got)
	}
}

// A silent peer is pinged after the Interval, and is dead after the Timeout.
func TestSilentPeer(t *testing.T) {
	for _, slack := range []uint32{0, 100} {
		t.Run(fmt.Sprintf("slack=%d", slack), func(t *testing.T) {
			c := newConn(t, Options{Interval: 3000, Timeout: 2000, Slack: slack})
			c.o.Waiting = true
			c.pass(3000)
			if c.pings != 0 {
				t.Error("pinged early")
			}
			c.pass(1)
			if c.pings != 1 {
				t.Errorf("%d Pings after the interval", c.pings)
			}
			c.pass(1999)
			if c.dead {
				t.Error("dead before the timeout")
			}
			if c.pass(1); !c.dead {
				t.Error("not dead after the timeout")
			}
		})
	}
}

// Where many peers are checked together a Ping may be early, by the slack.
func TestSlack(t *testing.T) {
	c := newConn(t, Options{Interval: 3000, Timeout: 2000, Slack: 100})
	for _, test := range []struct {
		ms    uint32
		pings int
	}{{2899, 0}, {1, 1}} {
		c.now += test.ms
		if c.check(0); c.pings != test.pings {
			t.Errorf("%d Pings, want %d", c.pings, test.pings)
		}
	}
}

// A peer that answers is pinged once per Interval.
func TestAnsweringPeer(t *testing.T) {
	c := newConn(t, Options{Interval: 3000, Timeout: 2000})
	c.o.Waiting = true
	for want := 1; want <= 50; want++ {
		c.pass(3001)
		if c.pings != want {
			t.Fatalf("%d Pings after %d intervals", c.pings, want)
		}
		c.now-- // the Pong arrives at once
		c.arrive()
		if _, sent := c.peer.Answer(&testMark, testMark.Payload(int64(want))); sent != int64(want) {
			t.Fatalf("the Pong answers Ping %d, not %d", sent, want)
		}
	}
}

// No Ping is sent while messages are queued, nor for an Interval after that.
func TestBacklogPostponesPing(t *testing.T) {
	c := newConn(t, Options{Interval: 3000, Timeout: 2000})
	c.o.Waiting, c.holds, c.often = true, true, true
	for range 10 {
		c.o.Queued = 1000
		c.pass(2990)
		c.take(1000)
	}
	if c.pings > 0 || c.dead {
		t.Fatalf("%d Pings to a peer that takes what is sent", c.pings)
	}
	c.pass(3090)
	if c.pings != 0 {
		t.Fatal("pinged within an interval after the backlog was taken")
	}
	c.pass(20)
	if c.pings != 1 || c.dead {
		t.Fatalf("%d Pings when nothing is queued any more", c.pings)
	}
	if c.pass(2000); !c.dead { // the transport takes nothing, as of a peer that is gone
		t.Error("not dead")
	}
}

// Messages that are queued behind a Ping come first, and the Timeout begins again.
func TestMessagesBehindPing(t *testing.T) {
	c := newConn(t, Options{Interval: 3000, Timeout: 2000})
	c.o.Waiting = true
	c.pass(3001)
	c.holds, c.o.Queued = true, 1000
	c.pass(5000)
	c.take(1000)
	if c.pass(500); c.pings != 1 || c.dead {
		t.Fatalf("%d Pings, dead %v", c.pings, c.dead)
	}
	if c.pass(1500); !c.dead {
		t.Error("not dead")
	}
}

// A peer that sends and does not read is alive, although its Ping cannot be written and its
// pauses are longer than the Timeout. Once the Ping was written, silence counts again.
func TestPeerSendsWhilePingWaits(t *testing.T) {
	c := newConn(t, Options{Interval: 3000, Timeout: 2000})
	c.o.Waiting, c.holds = true, true
	c.pass(3001)
	for range 10 {
		c.pass(1500)
		c.arrive()
		c.pass(4500)
		c.arrive()
	}
	if c.pings != 1 || c.dead {
		t.Fatalf("%d Pings, dead %v", c.pings, c.dead)
	}
	c.holds = false
	if c.pass(1); c.peer.Queued() != nil {
		t.Error("the Ping is not written")
	}
	if c.pass(5001); c.pings != 2 || !c.dead {
		t.Errorf("%d Pings, dead %v, after it has become silent", c.pings, c.dead)
	}
}

// A Timeout begins when the Ping was written, not when it was queued.
func TestTimeoutBeginsWhenWritten(t *testing.T) {
	c := newConn(t, Options{Interval: 3000, Timeout: 2000})
	c.o.Delivery.Known, c.holds = true, true
	c.pass(30_000)
	if c.pings != 1 || c.dead {
		t.Fatalf("%d Pings", c.pings)
	}
	c.holds = false
	c.flush()
	c.pass(2000)
	if c.dead {
		t.Error("dead before the timeout")
	}
	if c.pass(1); !c.dead {
		t.Error("not dead after the timeout")
	}
}

// A reader that has just come may still find the Pong.
func TestReaderJustStarted(t *testing.T) {
	c := newConn(t, Options{Interval: 3000, Timeout: 2000, Slack: 100})
	c.pass(4999)
	c.o.Waiting = true
	if c.pass(2); c.pings != 1 || c.dead {
		t.Fatalf("%d Pings, dead %v", c.pings, c.dead)
	}
	if c.pass(100); !c.dead {
		t.Error("not dead")
	}
}

// A reader that comes again and again with short contexts waits too.
func TestPollingReader(t *testing.T) {
	c := newConn(t, Options{Interval: 3000, Timeout: 2000, Slack: 100})
	for range 49 {
		c.pass(100)
		c.peer.Polled(c.now)
	}
	if c.pings != 1 || c.dead {
		t.Fatalf("%d Pings, dead %v", c.pings, c.dead)
	}
	c.pass(1000)
	if c.dead {
		t.Error("dead, though nobody has looked")
	}
	c.peer.Polled(c.now)
	if c.pass(100); !c.dead {
		t.Error("not dead")
	}
}

// What nobody reads is a sign of life in the kernel's numbers.
func TestUnreadPongs(t *testing.T) {
	c := newConn(t, Options{Interval: 3000, Timeout: 2000})
	c.o.Delivery.Known, c.often = true, true
	for want := 1; want <= 50; want++ {
		c.pass(3000 - 1)
		if c.pings != want-1 {
			t.Fatalf("%d Pings before the interval of number %d", c.pings, want)
		}
		c.pass(2)
		c.ack(c.o.Delivery.Unacked)
		c.arrive()
		c.pass(1999)
		if c.pings != want || c.dead {
			t.Fatalf("%d Pings, dead %v, want %d", c.pings, c.dead, want)
		}
	}
}

// Between Wait and Check the reader may receive the Pong, or the Ping be written.
func TestCheckAfterChange(t *testing.T) {
	for name, happen := range map[string]func(*conn, *Ping){
		"the Pong was received": func(c *conn, g *Ping) {
			c.o.Arrived = c.now
			c.peer.Answer(&testMark, testMark.Payload(g.sent))
		},
		"the Ping was written": func(c *conn, g *Ping) { g.Written(c.now, c.o.Delivery) },
	} {
		t.Run(name, func(t *testing.T) {
			c := newConn(t, Options{Interval: 3000, Timeout: 2000})
			c.o.Waiting, c.holds = true, true
			c.pass(5000)
			c.o.Queued = 0
			if wait := c.peer.Wait(c.now, 0, c.o.Arrived, c.o.Waiting, c.options); wait != 0 || c.pings != 1 {
				t.Fatalf("%d Pings, and to come again after %d ms", c.pings, wait)
			}
			happen(c, c.peer.last.Load())
			if verdict, wait := c.peer.Check(c.now, &c.o, c.options); verdict != Nothing || wait == 0 {
				t.Errorf("verdict %d, to come again after %d ms", verdict, wait)
			}
		})
	}
}
