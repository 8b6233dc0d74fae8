package ws

import (
	"crypto/rand"
	"sync/atomic"
	"time"

	"github.com/handset-go/handset/internal/clock"
	"github.com/handset-go/handset/internal/frame"
	"github.com/handset-go/handset/internal/heartbeat"
	"github.com/handset-go/handset/internal/outbox"
)

// A Heartbeat detects peers that are gone without having closed the connection, for
// example because they have lost power. A peer from which nothing has arrived for
// Interval is sent a Ping (RFC 6455 §5.5.2). If there is no activity for Timeout
// after that Ping has been written, the session ends with ErrHeartbeatTimeout. Any byte
// received counts as activity, even part of a frame, so an active peer is never pinged.
//
// Data that the peer accepts counts as activity, too. While data is queued, no Ping
// is sent, and Options.WriteTimeout applies. On Linux, over TCP and over TLS on TCP,
// data that the peer's TCP acknowledges also counts, except for the Ping itself, so a
// peer that reads slowly but steadily keeps its session. On other systems, and for a
// net.Conn that does not expose its socket, only the queue is known. Timeout must
// then be long enough for the peer to receive what the operating system has buffered
// before the Ping, which may be some megabytes. A session that is read then also ends
// with ErrHeartbeatTimeout if for Timeout the peer has not accepted the Ping and has sent
// nothing since it was queued; otherwise WriteTimeout applies to a Ping that cannot be
// written.
//
// On Linux, over TCP and TLS, the operating system reports bytes that have arrived
// and have not been received. A program may therefore process a message for any
// length of time, and a session that is not read ends when its peer is gone. On other
// systems, silence counts only while the stream is read: by Recv, All, Chan or
// Discard, or by receives with short contexts that follow each other. Other sessions
// are pinged as well, but end only if the Ping cannot be written.
//
// Time in which the process did not run, because it or its machine was suspended,
// does not count. While a session is closing, Options.CloseTimeout applies instead.
//
// Times are kept in whole milliseconds. The sessions of an Upgrader or Dialer are
// checked together, so that a Ping may be sent early by up to a sixteenth of the
// shorter of the two times.
//
// The Pongs to these Pings are not delivered. If the peer may compress with context
// takeover, the Pings have no payload, and a Pong without payload that arrives while
// one of them is unanswered is taken for its answer. If the peer answers a Ping only
// after the next one, one such Pong may be delivered. An application that waits for
// the Pongs to its own Pings must give those a payload.
type Heartbeat struct {
	// Interval is how long a peer may be silent before it is pinged. Zero means
	// 30 s; a negative value disables heartbeats.
	Interval time.Duration
	// Timeout is how long a peer may stay silent after a Ping has been written.
	// Zero means 30 s; a negative value disables heartbeats.
	Timeout time.Duration
}

const defaultHeartbeat = 30 * time.Second

// Latency returns the round-trip time of the last Ping of the heartbeat that
// was answered, in steps of 1 µs, or 0 if there was none. A peer that sends at
// least once per Heartbeat.Interval is not pinged; its latency is old, or 0.
// The time includes the delay until the program received the Pong.
func (s *Session) Latency() time.Duration {
	return time.Duration(s.heartbeat.latency.Load()) * time.Microsecond
}

// heartbeatState is the state of the heartbeat of a session.
type heartbeatState struct {
	peer    heartbeat.Peer
	latency atomic.Uint32 // of the last answered Ping, in µs
	unread  unread
}

// checkHeartbeat sends a Ping if the peer has been silent for the interval, and ends
// the session if there has been no activity for the timeout after it. late is the
// time in ms for which the process did not run before now. checkHeartbeat returns the
// time in ms until the next check.
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

// decide completes the observation and performs what the heartbeat decides.
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

// delivery returns what the operating system reports of the connection.
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

// pingMark is part of the payload of all Pings of heartbeats.
var pingMark = func() (mark heartbeat.Mark) {
	_, _ = rand.Read(mark[:])
	return mark
}()

// pingsEmpty reports whether the heartbeat's Pings have no payload. Some peers add
// the payload of a Pong to their compression window, although only data messages are
// compressed (RFC 7692 §6). With context takeover, their later messages would be
// decompressed incorrectly.
func (s *Session) pingsEmpty() bool { return s.compression != nil && s.compression.recvTakeover }

// sendPing queues a Ping. If the queue is full, the next check tries again.
func (s *Session) sendPing(o *heartbeat.Observation) {
	sent := int64(time.Since(clock.Epoch))
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

// noteWritten records that the Ping has been written if the queue is empty.
func (s *Session) noteWritten(ping *heartbeat.Ping) {
	if queued, _ := s.out.Queue(); queued > 0 || s.ended() != nil {
		return
	}
	if ping.Written(coarse(), s.delivery()) {
		s.registry.pings.Add(1)
	}
}

// ownPong reports whether the payload is that of a Pong to a Ping of the heartbeat.
// Such a Pong is not delivered.
func (s *Session) ownPong(payload []byte) bool {
	own, sent := s.heartbeat.peer.Answer(&pingMark, payload)
	if sent != 0 {
		s.pingAnswered(time.Duration(sent))
	}
	return own
}

// pingAnswered records the latency when the Pong has been received. sent is when the
// Ping was sent, as time since the epoch.
func (s *Session) pingAnswered(sent time.Duration) {
	took := min(max(time.Since(clock.Epoch)-sent, 0), time.Hour)
	s.heartbeat.latency.Store(uint32(took.Microseconds()))
	s.registry.pongs.Add(1)
	if s.traced() {
		s.traceAnswered()
	}
}

// traceAnswered is separate to keep the frame of pingAnswered small: it is called on
// the stack of an idle reader.
//
//go:noinline
func (s *Session) traceAnswered() {
	if t := s.trace(); t.HeartbeatAnswered != nil {
		t.HeartbeatAnswered(s, s.Latency())
	}
}

// unread is the coarse time since which nothing has received from the session, or 0.
// The times are even; the lowest bit is set when Trace.Unread has been called.
type unread struct{ since atomic.Uint32 }

// receives records that the program receives. It stores only changes, as readerFlags
// does.
func (u *unread) receives() {
	if u.since.Load() != 0 {
		u.since.Store(0)
	}
}

// begin records now, unless an earlier time is recorded, which before reports. It returns
// the recorded time.
func (u *unread) begin(now uint32) (since uint32, before bool) {
	if since = u.since.Load(); since != 0 {
		return since, true
	}
	since = max(now&^1, 2)
	u.since.CompareAndSwap(0, since)
	return since, false
}

// unusedBefore reports whether nothing has received from the session, and nothing waits
// to, since the call before or since the last check.
func (s *Session) unusedBefore(now uint32) bool {
	if s.flags.has(isWaiting) {
		return false
	}
	_, before := s.heartbeat.unread.begin(now)
	return before
}

// checkUnread calls Trace.Unread once if nothing has received for both of the
// heartbeat's times. It returns the time in ms until the next check.
func (s *Session) checkUnread(now uint32, p intervals) (wait uint32) {
	if s.flags.has(isWaiting) || s.isClosing() {
		return p.interval
	}
	since, _ := s.heartbeat.unread.begin(now)
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
