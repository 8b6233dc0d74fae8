package simulation

import (
	"errors"
	"net/http"
	"sync"
	"time"

	"github.com/handset-go/handset/ws"
)

// callbacks is the ws.Trace of an Upgrader or a Dialer. It counts the calls for each
// session, which must balance.
type callbacks struct {
	run  *run
	name string

	mu       sync.Mutex
	sessions map[*ws.Session]*calls
	refused  uint64
	unread   uint64
	answered uint64
}

// calls are the calls for one session.
type calls struct {
	endpoint       *endpoint // nil until Handle or Dial has returned
	begun, ended   int
	err            error // of SessionEnd
	sent, received int   // Close frames
	waits, waited  int
	failed         int
	idle           time.Duration // when ProtocolError was called, since the last message was complete
}

// fails counts a call of ProtocolError.
func (k *calls) fails() {
	if k.failed++; k.endpoint != nil {
		k.idle = time.Since(k.endpoint.in.messageRead())
	}
}

func newCallbacks(r *run, name string) *callbacks {
	return &callbacks{run: r, name: name, sessions: map[*ws.Session]*calls{}}
}

// of returns the calls for a session.
func (c *callbacks) of(s *ws.Session) *calls {
	k := c.sessions[s]
	if k == nil {
		k = new(calls)
		c.sessions[s] = k
	}
	return k
}

// count calls add with the calls for a session.
func (c *callbacks) count(s *ws.Session, add func(*calls)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	add(c.of(s))
}

// trace returns the functions.
func (c *callbacks) trace() *ws.Trace {
	return &ws.Trace{
		HandshakeRefused: func(*http.Request, *ws.HandshakeError) { c.add(&c.refused) },
		SessionStart:     func(s *ws.Session) { c.count(s, func(k *calls) { k.begun++ }) },
		SessionEnd:       func(s *ws.Session, err error) { c.count(s, func(k *calls) { k.ended++; k.err = err }) },
		CloseSent:        func(s *ws.Session, _ ws.CloseReason) { c.closeSent(s) },
		CloseReceived:    func(s *ws.Session, _ ws.CloseReason) { c.count(s, func(k *calls) { k.received++ }) },
		ProtocolError:    func(s *ws.Session, _ *ws.ProtocolError) { c.count(s, (*calls).fails) },
		BackpressureBegin: func(s *ws.Session) {
			c.count(s, func(k *calls) { k.waits++ })
		},
		BackpressureEnd: func(s *ws.Session, took time.Duration) {
			c.count(s, func(k *calls) { k.waited++ })
			c.positive("BackpressureEnd", took+1)
		},
		HeartbeatAnswered: func(_ *ws.Session, took time.Duration) {
			c.add(&c.answered)
			c.positive("HeartbeatAnswered", took+1)
		},
		Unread: func(_ *ws.Session, d time.Duration) {
			c.add(&c.unread)
			c.positive("Unread", d)
		},
		SlowWrite: func(_ *ws.Session, d time.Duration) { c.positive("SlowWrite", d-time.Second+1) },
	}
}

func (c *callbacks) add(n *uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	*n++
}

func (c *callbacks) positive(what string, d time.Duration) {
	if d <= 0 {
		c.run.failf("%s: %s with %v", c.name, what, d)
	}
}

// closeSent is called when our Close frame is queued: what is published to the groups of
// the session from now on is not sent.
func (c *callbacks) closeSent(s *ws.Session) {
	var e *endpoint
	c.count(s, func(k *calls) { k.sent++; e = k.endpoint })
	if e != nil {
		e.mu.Lock()
		e.sentClose = true
		e.mu.Unlock()
		c.run.groups.closes(e)
	}
}

// check checks, after the run, that the calls balance and equal the statistics.
func (c *callbacks) check(stats ws.Stats) {
	c.mu.Lock()
	defer c.mu.Unlock()
	var sent, received uint64
	for s, k := range c.sessions {
		var failed *ws.ProtocolError
		if k.begun != 1 || k.ended != 1 || k.err != s.Err() || k.sent > 1 || k.received > 1 || k.waits != k.waited || k.failed > 1 {
			c.run.failf("%s: calls for a session that ended with %v: %+v", c.name, s.Err(), *k)
		}
		if errors.As(s.Err(), &failed) != (k.failed == 1) && k.failed == 0 {
			c.run.failf("%s: %v, and no call of ProtocolError", c.name, s.Err())
		}
		sent, received = sent+uint64(k.sent), received+uint64(k.received)
	}
	if sum(stats.ClosesSent) != sent || sum(stats.ClosesReceived) != received || stats.Unread != c.unread || stats.Pongs != c.answered {
		c.run.failf("%s: %d and %d Close frames, %d unread, %d pongs, statistics: %+v", c.name, sent, received, c.unread, c.answered, stats)
	}
	if c.name == "upgrader" && stats.Refused != c.refused {
		c.run.failf("upgrader: %d handshakes refused, statistics: %+v", c.refused, stats)
	}
}

func sum[K comparable](counts map[K]uint64) (n uint64) {
	for _, k := range counts {
		n += k
	}
	return n
}
