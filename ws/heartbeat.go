package ws

import (
	"crypto/rand"
	"encoding/binary"
	"sync/atomic"
	"time"

	"github.com/handset-go/handset/internal/frame"
	"github.com/handset-go/handset/internal/outbox"
)

// Heartbeat is how a server finds out that a peer is gone without a word: its
// cable was cut, or its machine has lost power. A peer from which nothing has
// come for Interval is sent a Ping (RFC 6455 §5.5.2), which every peer answers
// by itself. If nothing at all comes for another Timeout, the session ends with
// ErrHeartbeatTimeout. Whatever arrives is a sign of life, be it part of a
// frame; a peer that has something to say is not pinged.
//
// Silence is counted while somebody waits to receive: in Recv, a loop over All,
// behind Chan or by Discard. A program that is busy with a message, or does not
// read at all, cannot know what its peer has said, and ends nobody. A session
// that is closing has Upgrader.CloseTimeout instead.
//
// Times are kept to the millisecond. Where many sessions share an Upgrader they
// are looked after together: a Ping or the end may then come earlier, by up to a
// sixteenth of the shorter of the two times, and never later. The Pongs to these
// Pings are not delivered.
type Heartbeat struct {
	// Interval is after how much silence to ping; 0 means 30 s, negative never.
	Interval time.Duration
	// Timeout is how long a peer may stay silent after a Ping; 0 means 30 s,
	// negative turns the heartbeat off.
	Timeout time.Duration
}

const defaultHeartbeat = 30 * time.Second

// pace is what the options ask of a sweeper.
func (u *Upgrader) pace() (p pace) {
	if h := u.Heartbeat; h.Interval >= 0 && h.Timeout >= 0 {
		p.interval = inMillis(or(h.Interval, defaultHeartbeat))
		p.timeout = inMillis(or(h.Timeout, defaultHeartbeat))
	}
	if u.MessageTimeout > 0 {
		p.message = inMillis(u.MessageTimeout)
	}
	return p
}

// pulse is what the heartbeat knows of a session. Times are coarse.
type pulse struct {
	waits   atomic.Uint32 // since when the reader waits, 0 if it does not
	pinged  atomic.Uint32 // when the Ping left that was not answered, 0 for none
	latency atomic.Uint32 // of the last Ping that was, in µs
}

// Latency returns how long the last of the heartbeat's Pings took until its
// Pong was received, to the microsecond; 0 if there was none yet. A peer that
// speaks at least once per Heartbeat.Interval is not pinged, and has the latency
// of an earlier time, or none.
func (s *Session) Latency() time.Duration {
	return time.Duration(s.pulse.latency.Load()) * time.Microsecond
}

// beat pings a peer that has been silent for long, or ends the session if it
// has been for too long. It returns after how many ms to come again.
func (s *Session) beat(now uint32, p pace) (wait uint32) {
	waits, pinged := s.pulse.waits.Load(), s.pulse.pinged.Load()
	if waits == 0 || s.isClosing() {
		return p.interval
	}
	if pinged == 0 || int32(pinged-waits) < 0 {
		if wait := until(waits+p.interval, now, p.grain()); wait > 0 {
			return wait
		}
		s.pulse.pinged.Store(now)
		s.sendBeat()
	}
	if wait := until(waits+p.interval+p.timeout, now, p.grain()); wait > 0 {
		return wait
	}
	if s.pulse.waits.Load() == waits { // nothing has come since
		s.end(ErrHeartbeatTimeout)
	}
	return p.interval
}

// beatMark begins the payload of the heartbeat's Pings, so that their Pongs are
// known. Nobody else can make one before having been sent one.
var beatMark = func() (mark [8]byte) {
	_, _ = rand.Read(mark[:])
	return mark
}()

// beatSize is the payload's length: the mark, and the time since the epoch.
const beatSize = len(beatMark) + 8

// sendBeat sends the Ping. If there is no room for it, the peer has more to take
// first, and WriteTimeout sees to that.
func (s *Session) sendBeat() {
	payload := append(make([]byte, 0, beatSize), beatMark[:]...)
	payload = binary.BigEndian.AppendUint64(payload, uint64(time.Since(epoch)))
	if s.out.TryPut((*host)(s), &outbox.Frame{Opcode: frame.Ping, Fin: true, Data: payload}) == nil {
		s.fleet.pings.Add(1)
	}
}

// ownPong reports whether the message is the Pong to one of the heartbeat's
// Pings, and takes the time of the one that is under way.
func (s *Session) ownPong(msg *Message) bool {
	if msg.Kind != Pong || len(msg.Data) != beatSize || [8]byte(msg.Data) != beatMark {
		return false
	}
	sent := time.Duration(binary.BigEndian.Uint64(msg.Data[len(beatMark):]))
	pinged := s.pulse.pinged.Load()
	took := time.Since(epoch) - sent
	// A Pong cannot be early: its time must be the Ping's, but for the moment
	// between taking the one and the other.
	if late := int32(uint32(sent.Milliseconds()) - pinged); pinged != 0 && late >= 0 && took >= 0 {
		s.pulse.latency.Store(uint32(min(took, time.Hour).Microseconds()))
		s.pulse.pinged.Store(0)
		s.fleet.pongs.Add(1)
		if s.fleet.upgrader.Trace != nil {
			s.traceAnswered()
		}
	}
	return true
}

// traceAnswered is apart so that ownPong's frame stays small: the stack of an
// idle reader, through which beats go, is all but full, and would double.
//
//go:noinline
func (s *Session) traceAnswered() {
	if t := s.trace(); t.HeartbeatAnswered != nil {
		t.HeartbeatAnswered(s, s.Latency())
	}
}

// isClosing reports whether a Close frame has gone in either direction.
func (s *Session) isClosing() bool {
	l := s.ending.Load()
	if l == nil {
		return false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.sent || l.received || l.over || l.lost != nil
}
