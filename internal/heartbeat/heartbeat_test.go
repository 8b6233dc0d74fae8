package heartbeat

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"unsafe"
)

func TestAPeerTakesNoMoreThanAPointer(t *testing.T) {
	if got := unsafe.Sizeof(Peer{}); got != unsafe.Sizeof(uintptr(0)) {
		t.Errorf("%d bytes", got)
	}
}

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

func TestASilentPeerIsPingedAndThenDead(t *testing.T) {
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
func TestAPingIsEarlyByNoMoreThanTheSlack(t *testing.T) {
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

func TestAPeerThatAnswersIsPingedOncePerInterval(t *testing.T) {
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

func TestAPingWaitsForABacklog(t *testing.T) {
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

// A Timeout begins when the Ping was written, not when it was queued.
func TestTheTimeoutBeginsWhenThePingWasWritten(t *testing.T) {
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

// Time in which the process did not run is no silence.
func TestAPauseOfTheProcessDoesNotCount(t *testing.T) {
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

// Between Wait and Check the reader may receive the Pong, or the Ping be written.
func TestCheckDecidesNothingWhenSomethingHasHappenedSinceWait(t *testing.T) {
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

func TestAPauseEndsWithAMomentForTheReader(t *testing.T) {
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

func TestAReaderThatHasJustComeHasAMoment(t *testing.T) {
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

// What nobody reads is a sign of life in the kernel's numbers.
func TestAPeerWhosePongsNobodyReadsIsPingedOnAndOn(t *testing.T) {
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

// Messages that are queued behind a Ping come first, and the Timeout begins again.
func TestMessagesBehindAPingPostponeTheVerdict(t *testing.T) {
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

// A reader that comes again and again with short contexts waits too.
func TestAReaderThatPollsFindsAPeerDead(t *testing.T) {
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

// A walk is random: who reads, how messages are sent and what the peer does, which
// shows a sign of life once per Timeout. Then nothing moves any more. A sign that no
// reader sees is noticed when the Timeout of a Ping ends.
func TestWalksOfPeers(t *testing.T) {
	for seed := range uint64(3000) {
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
