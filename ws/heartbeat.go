package ws

import (
	"crypto/rand"
	"sync/atomic"
	"time"

	"github.com/handset-go/handset/internal/frame"
	"github.com/handset-go/handset/internal/heartbeat"
	"github.com/handset-go/handset/internal/outbox"
)

// Heartbeat is how a server finds out that a peer is gone without a word: its
// cable was cut, or its machine has lost power. A peer from which nothing has
// arrived for Interval is sent a Ping (RFC 6455 §5.5.2), which every peer answers
// by itself. If for Timeout after that Ping has left there is no sign of life, the
// session ends with ErrHeartbeatTimeout. Whatever arrives is one, be it part of a
// frame; a peer that has something to say is not pinged.
//
// It is another sign of life that the peer takes what is sent. While messages are
// queued no Ping is, and a peer that takes nothing of them has
// Upgrader.WriteTimeout. On Linux, over TCP and over TLS on TCP, what the peer's
// system acknowledges counts as well, but for the Ping itself; so a peer that
// reads slowly but steadily is safe. On other systems, and for connections that
// hide what they run on, only the queue is seen: there Timeout has to be long
// enough for the peer to take what the operating system holds of the messages
// before the Ping, some megabytes at most.
//
// Silence is counted whether or not the program receives. On Linux, over TCP and
// TLS, the operating system tells of Pongs that the program has not received, so
// that a program that is busy with a message keeps its peers, and a session that
// nobody receives from ends when its peer is gone. Elsewhere a peer's silence only
// tells something while somebody waits in Recv, in a loop over All, behind Chan or
// by Discard, or receives with short contexts again and again; for other sessions
// Pings are sent all the same, and one that cannot be written ends the session.
//
// Time in which the process did not run, because it was stopped or its machine
// was suspended, does not count. A session that is closing has
// Upgrader.CloseTimeout instead.
//
// Times are kept to the millisecond. Where many sessions share an Upgrader they
// are looked after together: a Ping may then come earlier, by up to a sixteenth of
// the shorter of the two times.
//
// The Pongs to these Pings are not delivered. Where the peer may compress messages
// with takeover the Pings have no payload, and a Pong without payload that comes
// while one of them is unanswered is taken for theirs: a program that looks for
// Pongs of its own gives its Pings a payload.
type Heartbeat struct {
	// Interval is after how much silence to ping; 0 means 30 s, negative turns
	// the heartbeat off.
	Interval time.Duration
	// Timeout is how long a peer may stay silent after a Ping has left; 0 means
	// 30 s, negative turns the heartbeat off.
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

// Latency returns how long the last of the heartbeat's Pings took until its
// Pong was received, to the microsecond; 0 if there was none yet. A peer that
// speaks at least once per Heartbeat.Interval is not pinged, and has the latency
// of an earlier time, or none. A Pong that the program was slow to receive counts
// with the time that took.
func (s *Session) Latency() time.Duration {
	return time.Duration(s.heartbeat.latency.Load()) * time.Microsecond
}

// heartbeatState is what the heartbeat knows of a session.
type heartbeatState struct {
	peer    heartbeat.Peer
	latency atomic.Uint32 // of the last Ping that was answered, in µs
	unread  unread
}

// beat pings a peer that has been silent for long, or ends the session if it
// has been for too long. late is by how much the round is late, which is time in
// which the process did not run. It returns after how many ms to come again.
func (s *Session) beat(now, late uint32, p pace) (wait uint32) {
	if s.isClosing() {
		return p.interval
	}
	s.notePingWritten()
	t := heartbeat.Options{Interval: p.interval, Timeout: p.timeout, Slack: p.grain()}
	var o heartbeat.Observation
	o.Arrived, o.Waiting = s.flags.last()
	if wait := s.heartbeat.peer.Wait(now, late, &o, &t); wait > 0 {
		return wait
	}
	o.Queued, o.Taken = s.out.Queue()
	o.Delivery = s.delivery()
	verdict, wait := s.heartbeat.peer.Check(now, &o, &t)
	switch verdict {
	case heartbeat.SendPing:
		s.sendPing(&o)
	case heartbeat.Dead:
		if at, _ := s.flags.last(); at == o.Arrived {
			s.end(ErrHeartbeatTimeout)
		}
	case heartbeat.Nothing:
	}
	return wait
}

// delivery returns what the kernel knows of the connection.
func (s *Session) delivery() heartbeat.Delivery {
	d, ok := s.transport.Delivery()
	return heartbeat.Delivery{
		Known:    ok,
		Acked:    uint32(d.Acked),
		Unacked:  uint32(d.Unacked),
		Received: uint32(d.Received),
		Unread:   uint32(d.Unread),
	}
}

// pingMark is in the payload of all Pings of heartbeats.
var pingMark = func() (mark heartbeat.Mark) {
	_, _ = rand.Read(mark[:])
	return mark
}()

// pingsEmpty reports whether the heartbeat's Pings have no payload. There are
// clients that let the payload of a Pong into their compression's window, though
// only data messages are compressed (RFC 7692 §6): nothing must come of that where
// messages refer to those before.
func (s *Session) pingsEmpty() bool { return s.compression != nil && s.compression.recvs }

// sendPing queues a Ping. If there is no room for it the next check is for another.
func (s *Session) sendPing(o *heartbeat.Observation) {
	sent := int64(time.Since(epoch))
	f := outbox.Frame{Opcode: frame.Ping, Fin: true}
	if !s.pingsEmpty() {
		f.Data = pingMark.Payload(sent)
	}
	ping, before := s.heartbeat.peer.Begin(coarse(), sent, s.pingsEmpty(), o) // first, for the Pong may come at once
	if s.out.TryPut((*outboxHost)(s), &f) != nil {
		s.heartbeat.peer.Cancel(ping, before)
		return
	}
	s.notePingWritten()
}

// notePingWritten notes that the Ping that was queued has been written, if it has.
// It is called when something was written that may have been the Ping.
func (s *Session) notePingWritten() {
	ping := s.heartbeat.peer.Queued()
	if ping == nil {
		return
	}
	if queued, _ := s.out.Queue(); queued > 0 || s.ended() != nil {
		return
	}
	if ping.Written(coarse(), s.delivery()) {
		s.registry.pings.Add(1)
	}
}

// ownPong reports whether the payload is that of a Pong to one of the heartbeat's
// Pings, which is not delivered.
func (s *Session) ownPong(payload []byte) bool {
	own, sent := s.heartbeat.peer.Answer(&pingMark, payload)
	if sent != 0 {
		s.pingAnswered(time.Duration(sent))
	}
	return own
}

// pingAnswered notes that the Pong to the Ping that was sent at the given time
// since the epoch was received.
func (s *Session) pingAnswered(sent time.Duration) {
	took := min(max(time.Since(epoch)-sent, 0), time.Hour)
	s.heartbeat.latency.Store(uint32(took.Microseconds()))
	s.registry.pongs.Add(1)
	if s.registry.upgrader.Trace != nil {
		s.traceAnswered()
	}
}

// traceAnswered is apart so that pingAnswered's frame stays small: the stack of an
// idle reader, through which Pongs go, is all but full, and would double.
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
