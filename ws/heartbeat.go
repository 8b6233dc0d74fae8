package ws

import (
	"cmp"
	"sync/atomic"
	"time"

	"github.com/handset-go/handset/internal/frame"
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

// intervals are the times that the options ask for.
func (u *Upgrader) intervals() (p intervals) {
	if h := u.Heartbeat; h.Interval >= 0 && h.Timeout >= 0 {
		p.interval = inMillis(cmp.Or(h.Interval, defaultHeartbeat))
		p.timeout = inMillis(cmp.Or(h.Timeout, defaultHeartbeat))
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
	return time.Duration(s.pulse.latency.Load()) * time.Microsecond
}

// pulse is what the heartbeat knows of a session.
type pulse struct {
	probe   atomic.Pointer[probe] // the last Ping; nil before it, and when it has been answered
	latency atomic.Uint32         // of the last Ping that was answered, in µs
	unread  unread
}

// checkHeartbeat pings a peer that has been silent for long, or ends the session
// if it has been for too long. late is by how much the check is late, which is time
// in which the process did not run. It returns after how many ms to check again.
func (s *Session) checkHeartbeat(now, late uint32, p intervals) (wait uint32) {
	if s.isClosing() {
		return p.interval
	}
	last, waiting := s.flags.last()
	b := s.pulse.probe.Load()
	if b != nil && !b.settled(last) {
		return s.awaitLife(b, last, waiting, now, late, p)
	}
	since := last
	if b != nil && int32(b.since-since) > 0 {
		since = b.since
	}
	if wait := until(since+p.interval, now, p.slack()); wait > 0 {
		return wait
	}
	return s.ping(b, now, p)
}

// ping sends a Ping, unless more is queued already, or was and has been taken: a
// peer that takes it is alive, and WriteTimeout sees to one that does not. last is
// the Ping before that was not answered, nil for none.
func (s *Session) ping(last *probe, now uint32, p intervals) (wait uint32) {
	queued, taken := s.out.Queue()
	if queued > 0 || last.backlog() && taken != last.taken {
		last = s.ownProbe(last)
		last.since, last.queued, last.taken = now, queued > 0, taken
		return p.interval
	}
	b := s.newProbe(last)
	b.taken = taken
	f := outbox.Frame{Opcode: frame.Ping, Fin: true, Data: s.payload(b)}
	s.pulse.probe.Store(b)
	if s.out.TryPut((*outboxHost)(s), &f) != nil {
		s.pulse.probe.CompareAndSwap(b, last)
		return p.step()
	}
	s.pingLeft()
	return min(p.step(), p.timeout)
}

// awaitLife waits for a sign of life after a Ping, and ends the session if there
// is none in time.
func (s *Session) awaitLife(b *probe, last uint32, waiting bool, now, late uint32, p intervals) (wait uint32) {
	if b.left.Load() == 0 {
		s.pingLeft() // with what somebody else wrote
	}
	due := b.due(now, late, p)
	if wait := until(due, now, 0); wait > 0 {
		b.waited = waiting && late == 0
		return min(wait, p.step())
	}
	dead, again := s.judge(b, due, waiting, now, p)
	b.waited = waiting
	if at, _ := s.flags.last(); dead && at == last {
		s.end(ErrHeartbeatTimeout)
	}
	if again {
		return p.step()
	}
	return p.interval
}
