package ws

import (
	"errors"
	"sync/atomic"
	"time"

	"github.com/handset-go/handset/internal/outbox"
)

// Traffic is what has gone in one direction. No figure of it ever goes down. What
// arrives is counted when the reader next waits, and what is sent when the
// operating system has begun to take it. The heartbeat's frames are counted too.
type Traffic struct {
	Messages uint64 // data messages
	Frames   uint64 // of any kind
	Payload  uint64 // bytes of frames without their headers, compressed if they are
	Wire     uint64 // bytes of frames with their headers; TLS and TCP come on top
}

// Stats is what Upgrader.Stats returns.
type Stats struct {
	Sessions int    // there are now
	Total    uint64 // there have ever been
	Refused  uint64 // handshakes that began no session

	In, Out Traffic
	Queued  int           // bytes that wait in the send queues
	Latency time.Duration // mean of the sessions whose latency is known, or 0
	Pings   uint64        // sent by the heartbeat
	Pongs   uint64        // that answered them
	Unread  uint64        // times that Trace.Unread was called, or would have been

	ClosesSent, ClosesReceived map[CloseCode]uint64 // Close frames by code, 0 for none
	Ends                       map[string]uint64    // sessions by why they ended, such as "write timeout"
}

// SessionStats is what Session.Stats returns.
type SessionStats struct {
	In, Out Traffic       // since Stats was first called
	Queued  int           // bytes that wait in the send queue
	Latency time.Duration // as Session.Latency
}

// Stats returns what has become of the Upgrader's sessions so far. Counting is
// done once for all that a read or a write has moved, and costs no allocation and
// some nanoseconds. Stats itself asks every session: a millisecond for some ten
// thousand. It does not wait for peers, and any goroutine may call it.
func (u *Upgrader) Stats() Stats {
	f := u.registry()
	f.mu.Lock()
	all := f.roster.all()
	stats := f.record.copy()
	f.mu.Unlock()
	stats.Sessions = len(all)
	known := time.Duration(0)
	for _, s := range all {
		stats.Queued += s.out.Tell((*outboxHost)(s))
		if latency := s.Latency(); latency > 0 {
			stats.Latency += latency
			known++
		}
	}
	if known > 0 {
		stats.Latency /= known
	}
	stats.In, stats.Out = f.tally.in.traffic(), f.tally.out.traffic()
	stats.Pings, stats.Pongs, stats.Unread = f.pings.Load(), f.pongs.Load(), f.unread.Load()
	return stats
}

// Stats returns what the session has done. Its traffic is counted from the first
// call on, since most programs have many idle sessions and ask none of them; call
// Stats as soon as Handle has returned to have all of it. It does not wait for
// the peer, and any goroutine may call it.
func (s *Session) Stats() SessionStats {
	if s.transport == nil { // not from Handle
		return SessionStats{}
	}
	queued := s.out.Tell((*outboxHost)(s)) // what came before is not the session's
	x := s.more()
	t := x.tally.Load()
	if t == nil {
		x.tally.CompareAndSwap(nil, new(tally))
		t = x.tally.Load()
	}
	return SessionStats{In: t.in.traffic(), Out: t.out.traffic(), Queued: queued, Latency: s.Latency()}
}

// counters are Traffic that several goroutines count.
type counters struct{ messages, frames, payload, wire atomic.Uint64 }

func (c *counters) add(n outbox.Count) {
	c.messages.Add(uint64(n.Messages))
	c.frames.Add(uint64(n.Frames))
	c.payload.Add(n.Wire - n.Headers)
	c.wire.Add(n.Wire)
}

func (c *counters) traffic() Traffic {
	return Traffic{c.messages.Load(), c.frames.Load(), c.payload.Load(), c.wire.Load()}
}

// tally counts both directions.
type tally struct{ in, out counters }

func (t *tally) add(out, in outbox.Count) {
	t.out.add(out)
	t.in.add(in)
}

// Count is called now and then, for all that the outbox has counted since.
func (h *outboxHost) Count(sent, received outbox.Count) {
	h.registry.tally.add(sent, received)
	if x := h.extra.Load(); x != nil {
		if t := x.tally.Load(); t != nil {
			t.add(sent, received)
		}
	}
}

// takeArrived returns what has arrived since it was last called.
func (m *MessageStream) takeArrived() (c outbox.Count) {
	if m.rx != nil {
		c, m.rx.arrival = m.rx.arrival, c
	}
	return c
}

// endings are the ways for a session to end that have a name.
var endings = []struct {
	err  error
	name string
}{
	{ErrWriteTimeout, "write timeout"},
	{ErrCloseTimeout, "close timeout"},
	{ErrHeartbeatTimeout, "heartbeat timeout"},
	{ErrMessageTimeout, "message timeout"},
	{ErrShutdown, "shutdown"},
	{ErrAbandoned, "abandoned"},
}

// ending is the name of why a session ended.
func ending(err error) string {
	if closed(err) {
		return "closed"
	}
	for _, e := range endings {
		if errors.Is(err, e.err) {
			return e.name
		}
	}
	if _, ok := err.(*ProtocolError); ok {
		return "protocol error"
	}
	return "connection lost"
}
