package ws

import (
	"context"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/handset-go/handset/internal/outbox"
	"github.com/handset-go/handset/internal/transport"
)

// conn is a connection, of which Session and MessageStream are the two halves: each
// is one by a conversion of its pointer. It is divided by who may use it, which
// internal/structure tests: a method of Session does not reach what belongs to the
// reader, and a method of MessageStream does not reach what is sent, but by a method
// of the other half.
//
// Ten thousand connections wait for every one that is busy, so what not every one
// needs, and what is needed only at times, is in extra, or comes from a pool. The
// stack of the goroutine that waits in a receive is most of what a connection costs:
// it is 2 KiB if the deepest call that goroutine has made fits, and 4 KiB otherwise.
// That is why some functions of the paths of Recv and Send are not inlined, return by
// name, or leave their results in place; "stack" in a comment refers to this.
type conn struct {
	transport   transport.Conn
	registry    *registry     // it belongs to
	protocol    *string       // nil if none was negotiated
	compression *deflateState // nil if none was negotiated

	in         reader                     // the reader's
	out        outbox.Outbox              // the senders'
	closing    atomic.Pointer[closeState] // close.go's; nil until somebody asks
	membership membership                 // the registry's

	flags     readerFlags // set by the reader, read by everybody
	heartbeat heartbeatState
	extra     atomic.Pointer[extra] // nil until it is needed
}

// membership is where a session stands on the registry's lists. The registry's lock
// guards index.
type membership struct {
	index   uint32
	writing atomic.Bool // it is on the list of the writeTimer
}

func (s *Session) stream() *MessageStream  { return (*MessageStream)(s) }
func (m *MessageStream) session() *Session { return (*Session)(m) }

// extra is what a session can do without.
type extra struct {
	maxFrame uint64
	channel  atomic.Pointer[messageChannel] // of the stream's own Chan
	filled   atomic.Pointer[messageChannel] // that one or an aggregate's
	err      atomic.Pointer[error]          // of the stream; nil while it goes on
	context  atomic.Pointer[sessionContext] // of Context; nil until somebody asks
	values   context.Context                // that it is to carry, nil for none

	began time.Duration // since epoch, 0 if nobody is told of the end

	traffic     *trafficCounters // nil without Upgrader.SessionStats
	messages    messageTimer
	external    externalDeadlines // the reader's
	refusesData bool              // of Discard
	closing     atomic.Bool       // Close was called before the peer's Close frame came
	fragments   fragments         // of what Continuation sends
}

// more returns the session's extra.
func (c *conn) more() *extra {
	if x := c.extra.Load(); x != nil {
		return x
	}
	c.extra.CompareAndSwap(nil, new(extra))
	return c.extra.Load()
}

// maxFrame is the longest frame that is accepted, 0 for any.
func (c *conn) maxFrame() uint64 {
	if x := c.extra.Load(); x != nil {
		return x.maxFrame
	}
	return 0
}

// end notes that the stream has ended, and why.
func (x *extra) end(err error) { x.err.CompareAndSwap(nil, &err) }

// reason returns why the stream has ended.
func (x *extra) reason() error {
	if err := x.err.Load(); err != nil {
		return *err
	}
	return nil
}

// channelSize is how many messages a messageChannel holds.
const channelSize = 16

// messageChannel is what a channel of Chan is filled by.
type messageChannel struct {
	messages chan Message
	err      atomic.Pointer[error] // why it was closed; nil before that and after a Close message
}

// holdsMessages reports whether the channel, if there is one, has messages that were
// not taken.
func (ch *messageChannel) holdsMessages() bool { return ch != nil && len(ch.messages) > 0 }

// reason returns why the channel was closed, nil if there is none.
func (ch *messageChannel) reason() error {
	if ch == nil {
		return nil
	}
	if err := ch.err.Load(); err != nil {
		return *err
	}
	return nil
}

// outboxCallbacks is a session as its outbox calls it.
type outboxCallbacks Session

// Conn returns the transport.
func (cb *outboxCallbacks) Conn() transport.Conn { return cb.transport }

// StartWriter is called when the peer does not take what is sent at once.
func (cb *outboxCallbacks) StartWriter() {
	cb.registry.writes.add((*Session)(cb), &cb.membership.writing)
	go (*Session)(cb).write()
}

// StartTimer is called when a frame is queued to be written later.
func (cb *outboxCallbacks) StartTimer() { cb.registry.flushes.add(cb) }

// flush is called by the timer.
func (cb *outboxCallbacks) flush() { cb.out.Flush(cb) }

// WriteFailed is called when nothing can be written any more.
func (cb *outboxCallbacks) WriteFailed(err error) {
	switch s := (*Session)(cb); {
	case !transport.IsTimeout(err):
		s.writeFailed(lostBy(err))
	case s.isClosing():
		s.end(ErrCloseTimeout)
	default:
		s.end(ErrWriteTimeout)
	}
}

// Drained is called when all that was queued has been written, our Close frame last
// if there was one.
func (cb *outboxCallbacks) Drained() { (*Session)(cb).closeFlushed() }

// Compressing returns the lock that keeps compressed messages in order.
func (cb *outboxCallbacks) Compressing() sync.Locker { return cb.compression }

// Compress compresses the payload of a frame for which deflateState.prepare or
// SendPrepared has set Compress.
func (cb *outboxCallbacks) Compress(scratch, data, compressed []byte, first, last bool) (result []byte, ok bool) {
	return cb.compression.compress(scratch, data, compressed, first, last)
}

// Count adds to the figures of the registry and, with Upgrader.SessionStats, of the
// session.
func (cb *outboxCallbacks) Count(sent, received outbox.Count) {
	cb.registry.traffic.add(sent, received)
	if x := cb.extra.Load(); x != nil && x.traffic != nil {
		x.traffic.add(sent, received)
	}
}

// progress, sinceTaken, tryLastWrite and writeTimedOut are for the timers: see
// sender.
func (s *Session) progress() progress {
	queued, taken := s.out.Queue()
	d, ok := s.transport.Delivery()
	return progress{acked: d.Acked, taken: taken, known: ok, queued: queued > 0, backlog: queued > 0 || d.Unacked > 0}
}

func (s *Session) sinceTaken() (ago time.Duration, ok bool) { return s.out.SinceTaken() }

func (s *Session) tryLastWrite() { _ = s.transport.SetWriteDeadline(longAgo) }

func (s *Session) writeTimedOut() { s.end(ErrWriteTimeout) }

// begin makes a session of a connection whose handshake is done. early is what
// has already been read from it.
func newSession(r *registry, netConn net.Conn, early []byte, protocol *string, c *deflateState) *Session {
	_ = netConn.SetDeadline(time.Time{}) // the server's ends with the handshake
	s := &Session{conn{transport: transport.New(netConn), registry: r, protocol: protocol, compression: c}}
	s.out.Init(r.settings.sendBuffer)
	if r.settings.sessionStats {
		s.more().traffic = new(trafficCounters)
	}
	s.flags.arrive()
	if len(early) > 0 {
		s.stream().input().Add(early)
	}
	return s
}

// scope is a session's context.
type sessionContext struct {
	context.Context
	cancel context.CancelCauseFunc
}

// newContext makes the session's context, unless somebody is faster.
func (x *extra) newContext() *sessionContext {
	values := x.values
	if values == nil {
		values = context.Background()
	}
	ctx, cancel := context.WithCancelCause(values)
	if !x.context.CompareAndSwap(nil, &sessionContext{ctx, cancel}) {
		cancel(nil)
	}
	return x.context.Load()
}

// endContext cancels the session's context, if there is one.
func (s *Session) endContext(cause error) {
	if x := s.extra.Load(); x != nil {
		if c := x.context.Load(); c != nil {
			c.cancel(cause)
		}
	}
}
