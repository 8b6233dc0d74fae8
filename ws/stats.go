package ws

import (
	"errors"
	"sync/atomic"
	"time"
	"unsafe"

	"github.com/handset-go/handset/internal/outbox"
)

// Traffic is what has gone in one direction. What arrives is counted when the
// reader next waits, and what is sent when the operating system has begun to take it.
// The heartbeat's frames are counted too.
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

	ClosesSent, ClosesReceived map[CloseCode]uint64 // Close frames by code, 0 for none
	Ends                       map[string]uint64    // sessions by why they ended, such as "write timeout"
}

// SessionStats is what Session.Stats returns.
type SessionStats struct {
	In, Out Traffic       // since Stats was first called
	Queued  int           // bytes that wait in the send queue
	Latency time.Duration // as Session.Latency
}

// Stats returns what has become of the Upgrader's sessions so far. Counting costs
// no allocation and no lock, and is done once for all that a read or a write has
// moved. Stats itself asks every session for its queue and latency: a
// millisecond for some ten thousand. It does not wait for peers, and any
// goroutine may call it.
func (u *Upgrader) Stats() Stats {
	f := u.fleet()
	f.mu.Lock()
	all := f.roster.all()
	stats := f.record.copy()
	f.mu.Unlock()
	stats.Sessions = len(all)
	for i := range f.shards {
		f.shards[i].in.addTo(&stats.In)
		f.shards[i].out.addTo(&stats.Out)
	}
	stats.Pings, stats.Pongs = f.pings.Load(), f.pongs.Load()
	known := time.Duration(0)
	for _, s := range all {
		stats.Queued += s.Buffered()
		if latency := s.Latency(); latency > 0 {
			stats.Latency += latency
			known++
		}
	}
	if known > 0 {
		stats.Latency /= known
	}
	return stats
}

// Stats returns what the session has done. Its traffic is counted from the first
// call on, since most programs have many idle sessions and ask none of them; call
// Stats as soon as Handle has returned to have all of it. It does not wait for
// the peer, and any goroutine may call it.
func (s *Session) Stats() SessionStats {
	x := s.more()
	t := x.tally.Load()
	if t == nil {
		x.tally.CompareAndSwap(nil, new(tally))
		t = x.tally.Load()
	}
	stats := SessionStats{Queued: s.Buffered(), Latency: s.Latency()}
	t.in.addTo(&stats.In)
	t.out.addTo(&stats.Out)
	return stats
}

// counters are Traffic that several goroutines count.
type counters struct{ messages, frames, payload, wire atomic.Uint64 }

func (c *counters) add(n *Traffic) {
	if n.Messages > 0 {
		c.messages.Add(n.Messages)
	}
	c.frames.Add(n.Frames)
	c.payload.Add(n.Payload)
	c.wire.Add(n.Wire)
}

func (c *counters) addTo(sum *Traffic) {
	sum.Messages += c.messages.Load()
	sum.Frames += c.frames.Load()
	sum.Payload += c.payload.Load()
	sum.Wire += c.wire.Load()
}

// tally counts both directions.
type tally struct{ in, out counters }

// shards is among how many tallies a fleet's sessions are spread, so that
// processors do not contend for one.
const shards = 8

type shard struct {
	tally
	_ [64]byte // keeps it from its neighbour's cache line
}

// shard is the session's: any will do, as long as it is mostly the same.
func (s *Session) shard() *shard {
	return &s.fleet.shards[uintptr(unsafe.Pointer(s))>>8%shards]
}

// tallyIn counts what has arrived since it was last called.
func (m *MessageStream) tallyIn() {
	if m.rx == nil || m.rx.arrival == (arrival{}) {
		return
	}
	a := &m.rx.arrival
	n := Traffic{a.messages, a.frames, a.wire - a.headers, a.wire}
	*a = arrival{}
	m.session().shard().in.add(&n)
	if x := m.extra.Load(); x != nil {
		if t := x.tally.Load(); t != nil {
			t.in.add(&n)
		}
	}
}

// arrival is what a receiver has seen. Headers that are parsed later than they
// were read have been taken for payload until then.
type arrival struct{ messages, frames, headers, wire uint64 }

// Wrote counts what the outbox has written.
func (h *host) Wrote(w outbox.Written) {
	s := (*Session)(h)
	n := Traffic{uint64(w.Messages), uint64(w.Frames), w.Payload, w.Wire}
	s.shard().out.add(&n)
	if x := s.extra.Load(); x != nil {
		if t := x.tally.Load(); t != nil {
			t.out.add(&n)
		}
	}
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
}

// ending is the name of why a session ended.
func ending(err error) string {
	if err == ErrClosed {
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
