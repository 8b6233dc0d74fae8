package ws

import (
	"crypto/rand"
	"sync/atomic"
	"time"

	"github.com/handset-go/handset/internal/frame"
	"github.com/handset-go/handset/internal/heartbeat"
	"github.com/handset-go/handset/internal/outbox"
)

// A Heartbeat detects peers that are gone without closing the connection, because
// a cable was cut or a machine has lost power. A peer from which nothing was
// received for Interval is sent a Ping (RFC 6455 §5.5.2), which every peer answers
// by itself. If there is no sign of life for Timeout after the Ping was written,
// the session ends with ErrHeartbeatTimeout. Any byte received is a sign of life,
// even part of a frame, so that an active peer is never pinged.
//
// A peer that takes what is sent is alive too. While messages are queued no Ping is
// sent, and Upgrader.WriteTimeout ends a session whose peer takes none of them. On
// Linux, over TCP and over TLS on TCP, data that the peer's system acknowledges
// counts as well, except for the Ping itself: a peer that reads slowly but steadily
// keeps its session. On other systems, and on connections that do not show what
// they run on, Timeout must be long enough for the peer to take what the operating
// system holds of the messages before the Ping, some megabytes at most.
//
// On Linux, over TCP and TLS, it does not matter whether the program receives: the
// operating system tells of Pongs that were not received yet. A program that is
// busy with a message keeps its peers, and a session from which nobody receives
// ends when its peer is gone. Elsewhere a peer's silence counts only while somebody
// waits in Recv, in a loop over All, behind Chan or by Discard, or receives again
// and again with short contexts. Other sessions are sent Pings all the same, and
// end if a Ping cannot be written.
//
// Time in which the process did not run, because it was stopped or its machine was
// suspended, does not count. A session that is closing has Upgrader.CloseTimeout
// instead of a heartbeat.
//
// Times are in whole milliseconds. The sessions of an Upgrader are checked
// together, so that a Ping may be sent early, by up to a sixteenth of the shorter
// of the two times.
//
// The Pongs to these Pings are not delivered. If the peer may compress messages
// with takeover, the Pings have an empty payload, and a Pong with an empty payload
// that arrives while one of them is unanswered is taken for its answer. A program
// that waits for Pongs to Pings of its own must give those a payload.
type Heartbeat struct {
	// Interval is how long a peer may be silent before it is pinged. Zero means
	// 30 s; a negative value disables the heartbeat.
	Interval time.Duration
	// Timeout is how long a peer may be silent after a Ping was written. Zero
	// means 30 s; a negative value disables the heartbeat.
	Timeout time.Duration
}

const defaultHeartbeat = 30 * time.Second

// Latency returns the time, in whole microseconds, from the last of the
// heartbeat's Pings that was answered until its Pong was received; 0 if none was
// answered yet. It includes the time that the program was slow to receive the
// Pong. A peer that sends something at least once per Heartbeat.Interval is not
// pinged, and its latency stays as it was.
func (s *Session) Latency() time.Duration {
	return time.Duration(s.heartbeat.latency.Load()) * time.Microsecond
}

// heartbeatState is what the heartbeat knows of a session.
type heartbeatState struct {
	peer    heartbeat.Peer
	latency atomic.Uint32 // of the last Ping that was answered, in µs
	unread  unread
}

// checkHeartbeat sends a Ping to a peer that has been silent for the interval, and
// ends the session if there is no sign of life after that. late is for how many ms
// the process did not run before now. It returns after how many ms to check again.
func (s *Session) checkHeartbeat(now, late uint32, in intervals) (wait uint32) {
	if s.isClosing() {
		return in.interval
	}
	if ping := s.heartbeat.peer.Queued(); ping != nil {
		s.noteWritten(ping)
	}
	t := heartbeat.Options{Interval: in.interval, Timeout: in.timeout, Slack: in.slack()}
	arrived, waiting := s.flags.last()
	if wait = s.heartbeat.peer.Wait(now, late, arrived, waiting, t); wait > 0 {
		return wait
	}
	return s.decide(now, &heartbeat.Observation{Arrived: arrived, Waiting: waiting}, t)
}

// decide completes the observation and does what the heartbeat decides.
func (s *Session) decide(now uint32, o *heartbeat.Observation, t heartbeat.Options) (wait uint32) {
	o.Queued, o.Taken = s.out.Queue()
	o.Delivery = s.delivery()
	verdict, wait := s.heartbeat.peer.Check(now, o, t)
	switch verdict {
	case heartbeat.SendPing:
		s.sendPing(o)
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

// pingMark is in the payload of every Ping of a heartbeat.
var pingMark = func() (mark heartbeat.Mark) {
	_, _ = rand.Read(mark[:])
	return mark
}()

// pingsEmpty reports whether the heartbeat's Pings have an empty payload. Some
// clients add the payload of a Pong to the window that they compress with, though
// only data messages are compressed (RFC 7692 §6). With takeover, every message
// after that would be inflated to something else.
func (s *Session) pingsEmpty() bool { return s.compression != nil && s.compression.recvTakeover }

// sendPing queues a Ping. If it cannot be queued, the next check tries again.
func (s *Session) sendPing(o *heartbeat.Observation) {
	sent := int64(time.Since(epoch))
	f := outbox.Frame{Opcode: frame.Ping, Fin: true}
	if !s.pingsEmpty() {
		f.Data = pingMark.Payload(sent)
	}
	ping, before := s.heartbeat.peer.Begin(coarse(), sent, s.pingsEmpty(), o) // before the Pong can arrive
	if s.out.TryPut((*outboxCallbacks)(s), &f) != nil {
		s.heartbeat.peer.Cancel(ping, before)
		return
	}
	s.noteWritten(ping)
}

// noteWritten notes that the Ping was written, if nothing is queued any more.
func (s *Session) noteWritten(ping *heartbeat.Ping) {
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
	if s.traced() {
		s.traceAnswered()
	}
}

// traceAnswered is not part of pingAnswered, whose frame stays small without it: it
// is called on the stack of an idle reader, which would grow to 4 KiB.
//
//go:noinline
func (s *Session) traceAnswered() {
	if t := s.trace(); t.HeartbeatAnswered != nil {
		t.HeartbeatAnswered(s, s.Latency())
	}
}

// unread is since when nobody was found receiving, 0 for not at all. Times are
// coarse and even; the odd one after says that it was reported.
type unread struct{ since atomic.Uint32 }

// receives notes that somebody receives. It stores only what has changed, as
// flags does.
func (u *unread) receives() {
	if u.since.Load() != 0 {
		u.since.Store(0)
	}
}

// checkUnread reports once that nobody has been found receiving for both of the
// heartbeat's times. It returns after how many ms to check again.
func (s *Session) checkUnread(now uint32, p intervals) (wait uint32) {
	if s.flags.has(isWaiting) || s.isClosing() {
		return p.interval
	}
	since := s.heartbeat.unread.since.Load()
	if since == 0 {
		since = max(now&^1, 2)
		s.heartbeat.unread.since.CompareAndSwap(0, since)
	}
	if since&1 != 0 {
		return p.interval
	}
	if wait := until(since+p.interval+p.timeout, now, p.slack()); wait > 0 {
		return wait
	}
	if s.heartbeat.unread.since.CompareAndSwap(since, since|1) {
		s.registry.unread.Add(1)
		if t := s.trace(); t.Unread != nil {
			t.Unread(s, millis(now-since))
		}
	}
	return p.interval
}
