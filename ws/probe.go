package ws

import (
	"crypto/rand"
	"encoding/binary"
	"sync/atomic"
	"time"
)

// probe is one of the heartbeat's Pings, and what was known of the connection
// then. Times are coarse but for sent.
type probe struct {
	sent    time.Duration // since the epoch; the Pong is known by it
	left    atomic.Uint32 // when it left, 0 until then
	leaving atomic.Bool   // somebody is about to set left
	looked  atomic.Uint32 // when a receive last ended that found nothing, 0 for none
	empty   atomic.Int32  // Pings without payload that were not answered, this one included

	tells    bool   // the transport tells of its deliveries
	received uint32 // bytes that had arrived, of which not all may have been read
	written  uint32 // bytes that had been written in all
	acked    uint32 // how many of them the peer's TCP has acknowledged, or is to acknowledge anyway

	// These are of the checks alone.
	clock  uint32 // from when the peer's silence is measured
	runs   bool   // clock has been set since the Ping has left
	taken  uint32 // how many bytes the transport had taken when the Ping was queued, or since
	queued bool   // bytes were queued when since was set
	since  uint32 // from when the next Ping's interval is measured, 0 while this one counts
	waited bool   // the reader waited when the session was last checked
}

// newProbe prepares for a Ping. last is the one before, if that was not answered.
func (s *Session) newProbe(last *probe) *probe {
	b := &probe{sent: time.Since(epoch), clock: coarse()}
	if s.pingsEmpty() {
		b.empty.Store(1)
		if at, _ := s.flags.last(); last != nil && int32(at-last.left.Load()) <= 0 && last.left.Load() != 0 { // nobody can have read its Pong
			b.empty.Add(last.empty.Load())
		}
	}
	d, ok := s.transport.Delivery()
	b.tells, b.received, b.written = ok, uint32(d.Received), uint32(d.Acked)+uint32(d.Unacked)
	return b
}

// backlog reports whether bytes were queued when another Ping was due.
func (b *probe) backlog() bool { return b != nil && b.queued }

// ownProbe returns the session's last Ping, or what stands for one if there is
// none.
func (s *Session) ownProbe(last *probe) *probe {
	if last != nil {
		return last
	}
	last = new(probe)
	last.leaving.Store(true) // it never does
	s.pulse.probe.Store(last)
	return last
}

// pingLeft notes that the Ping that was queued has left, if it has.
func (s *Session) pingLeft() {
	b := s.pulse.probe.Load()
	if b == nil || b.left.Load() != 0 {
		return
	}
	queued, _ := s.out.Queue()
	if queued > 0 || s.ended() != nil || !b.leaving.CompareAndSwap(false, true) {
		return
	}
	b.expect(s)
	s.registry.pings.Add(1)
	b.left.Store(coarse())
}

// expect notes what the peer's TCP is going to acknowledge of what has been
// written. If nothing was under way before the Ping, that is no sign of life: the
// operating system does it, though the program may hang. What was under way
// before shows that the peer takes it, if slowly.
func (b *probe) expect(s *Session) {
	d, ok := s.transport.Delivery()
	if !ok {
		return
	}
	acked, before := uint32(d.Acked), b.written
	b.written = acked + uint32(d.Unacked)
	b.acked = b.written
	if int32(acked-before) < 0 {
		b.acked = acked
	}
}

// settled reports whether there have been signs of life since the Ping left. last
// is when bytes last arrived.
func (b *probe) settled(last uint32) bool {
	if left := b.left.Load(); b.since == 0 && left != 0 && int32(last-left) > 0 {
		b.since = last
	}
	return b.since != 0
}

// due is when the peer will have been silent for too long. What the process did
// not run does not count, and after that there is a moment in any case in which
// the reader can take in what has arrived.
func (b *probe) due(now, late uint32, p intervals) uint32 {
	if left := b.left.Load(); left != 0 && !b.runs {
		b.clock, b.runs = left, true
	}
	if late > 0 {
		b.clock += min(late, now-b.clock)
		if left := until(b.clock+p.timeout, now, 0); late > p.slack() && left < p.step() {
			b.clock = now - p.timeout + p.step()
		}
	}
	return b.clock + p.timeout
}

// judge decides what it means that nothing has been read since the Ping: that
// the peer is dead, that the heartbeat has to come again soon, or, if neither,
// that the next Ping will tell.
func (s *Session) judge(b *probe, due uint32, waiting bool, now uint32, p intervals) (dead, again bool) {
	looked := b.looked.Load()
	polls := looked != 0 && int32(looked-b.clock) >= 0 && until(due+p.interval, now, 0) > 0
	reads := waiting && b.waited || polls && int32(looked-due) >= 0
	queued, taken := s.out.Queue()
	d, ok := s.transport.Delivery()
	switch acked := uint32(d.Acked); {
	case !b.runs && !b.tells && reads && taken == b.taken: // the transport has not taken even the Ping
		return true, false
	case queued > 0 || !b.runs: // the peer has to take that first, and WriteTimeout sees to it
		b.clock = now
		return false, true
	case !ok || !b.tells:
		if !reads && !polls && !waiting {
			b.since = now
		}
		return reads, polls || waiting
	case uint32(d.Received) != b.received:
		b.since = now
		return false, false
	case int32(acked-b.acked) > 0:
		b.acked, b.written, b.clock = acked, acked+uint32(d.Unacked), now
		return false, true
	case int32(acked-b.written) < 0: // the peer's TCP takes nothing
		return true, false
	case d.Unread > 0 && !reads: // and perhaps there is no room for more
		b.since = now
		return false, false
	}
	return true, false
}

// beatMark begins the payload of the heartbeat's Pings, so that their Pongs are
// known. Nobody else can make one before having been sent one.
var beatMark = func() (mark [8]byte) {
	_, _ = rand.Read(mark[:])
	return mark
}()

// beatSize is the payload's length: the mark, and the time since the epoch.
const beatSize = len(beatMark) + 8

// pingsEmpty reports whether the heartbeat's Pings have no payload. There are
// clients that let the payload of a Pong into their compression's window, though
// only data messages are compressed (RFC 7692 §6): nothing must come of that where
// messages refer to those before.
func (s *Session) pingsEmpty() bool { return s.compression != nil && s.compression.recvs }

func (s *Session) payload(b *probe) []byte {
	if s.pingsEmpty() {
		return nil
	}
	payload := append(make([]byte, 0, beatSize), beatMark[:]...)
	return binary.BigEndian.AppendUint64(payload, uint64(b.sent))
}

// ownPong reports whether a Pong with the given payload is that to one of the heartbeat's
// Pings, and takes the time of the one that is under way. A Pong without payload
// is, for as long as one of theirs is outstanding.
func (s *Session) ownPong(payload []byte) bool {
	b := s.pulse.probe.Load()
	switch len(payload) {
	case 0:
		if b == nil || b.empty.Load() == 0 {
			return false
		}
		if b.empty.Add(-1) == 0 {
			s.answered(b)
		}
		return true
	case beatSize:
		if [8]byte(payload) != beatMark {
			return false
		}
		if b != nil && binary.BigEndian.Uint64(payload[len(beatMark):]) == uint64(b.sent) {
			s.answered(b)
		}
		return true
	}
	return false
}

// answered notes that the Ping's Pong was received.
func (s *Session) answered(b *probe) {
	if !s.pulse.probe.CompareAndSwap(b, nil) {
		return
	}
	took := min(max(time.Since(epoch)-b.sent, 0), time.Hour)
	s.pulse.latency.Store(uint32(took.Microseconds()))
	s.registry.pongs.Add(1)
	if s.traced() {
		s.traceAnswered()
	}
}

// traceAnswered is apart so that answered's frame stays small: the stack of an
// idle reader, through which beats go, is all but full, and would double.
//
//go:noinline
func (s *Session) traceAnswered() {
	if t := s.trace(); t.HeartbeatAnswered != nil {
		t.HeartbeatAnswered(s, s.Latency())
	}
}
