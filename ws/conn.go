package ws

import (
	"context"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/handset-go/handset/internal/closing"
	"github.com/handset-go/handset/internal/outbox"
	"github.com/handset-go/handset/internal/transport"
)

// conn is a connection. Session and MessageStream are its two halves: a pointer to
// one is converted to a pointer to the other. The fields are grouped by owner:
// methods of Session do not use the reader's fields, and methods of MessageStream do
// not use those for sending, except by calling the other half. A test in
// internal/structure enforces that.
//
// Most connections are idle, so what few of them need is in extra, or comes from a
// pool. Most of the memory of an idle connection is the stack of the goroutine that
// waits in a receive. It has 2 KiB if the deepest call that the goroutine has made
// fits, and otherwise 4 KiB. Therefore some functions that Recv and Send call are not
// inlined, have named results, or leave their results in place. Comments that mention
// the stack refer to this.
type conn struct {
	transport   transport.Conn
	registry    *registry     // of its Upgrader or Dialer
	protocol    *string       // nil if none was negotiated
	compression *deflateState // nil if none was negotiated

	in         reader                     // used by the reader
	out        outbox.Outbox              // used by sends
	closing    atomic.Pointer[closeState] // used in close.go; nil until first needed
	membership membership                 // used by the registry

	flags     readerFlags // written by the reader only
	heartbeat heartbeatState
	extra     atomic.Pointer[extra] // nil until first needed
}

// membership is the position of a session in the registry's lists. The registry's
// lock guards index.
type membership struct {
	index   uint32
	writing atomic.Bool // in the list of the writeTimer
}

func (s *Session) stream() *MessageStream  { return (*MessageStream)(s) }
func (m *MessageStream) session() *Session { return (*Session)(m) }

// extra has what only some sessions need.
type extra struct {
	maxFrame atomic.Uint64
	channel  atomic.Pointer[messageChannel] // of MessageStream.Chan
	filled   atomic.Pointer[messageChannel] // of that or of AggregatedStream.Chan
	err      atomic.Pointer[error]          // that ended the stream; nil before that
	context  atomic.Pointer[sessionContext] // of Session.Context; nil before the first call
	values   context.Context                // of Upgrader.KeepRequestValues; nil without

	began time.Duration // time since clock.Epoch; 0 without a Trace

	traffic     *trafficCounters // nil without Options.SessionStats
	messages    messageTimer
	external    externalDeadlines // used by the reader
	refusesData bool              // RefuseData was called
	readsOn     atomic.Bool       // Session.readsOn was true once: unlock looks at this first
	readOnTimed atomic.Bool       // the timer of readOnLater is running
	fragments   fragments         // of Continuation
}

// more returns the extra of the session. It is allocated when first needed.
func (c *conn) more() *extra {
	if x := c.extra.Load(); x != nil {
		return x
	}
	c.extra.CompareAndSwap(nil, new(extra))
	return c.extra.Load()
}

// maxFrame returns the limit set by MaxFrameSize, or 0 for none.
func (c *conn) maxFrame() uint64 {
	if x := c.extra.Load(); x != nil {
		return x.maxFrame.Load()
	}
	return 0
}

// end records the error that has ended the stream. Only the first call has an effect.
func (x *extra) end(err error) { x.err.CompareAndSwap(nil, &err) }

// reason returns the error that has ended the stream, or nil.
func (x *extra) reason() error {
	if err := x.err.Load(); err != nil {
		return *err
	}
	return nil
}

// channelSize is the number of messages that a messageChannel buffers.
const channelSize = 16

// messageChannel is a channel that Chan returns.
type messageChannel struct {
	messages chan Message
	err      atomic.Pointer[error] // why the channel was closed; nil before that and after a Close message
	id       uint64                // among idleStreams; 0 if the stream cannot be one of them
}

// idleStreams are streams of a messageChannel for which nothing has arrived for some time.
// They have no goroutine until something does, but are still locked for the application.
var idleStreams transport.Poller

// wake starts the goroutine that fills the channel if the stream is one of idleStreams. It
// is called when the connection has been closed. It does nothing if ch is nil.
func (ch *messageChannel) wake() {
	if ch == nil {
		return
	}
	if fill := idleStreams.Remove(ch.id); fill != nil {
		fill()
	}
}

// holdsMessages reports whether messages are buffered in the channel. It returns
// false if ch is nil.
func (ch *messageChannel) holdsMessages() bool { return ch != nil && len(ch.messages) > 0 }

// reason returns the error for which the channel was closed, or nil. It returns nil
// if ch is nil.
func (ch *messageChannel) reason() error {
	if ch == nil {
		return nil
	}
	if err := ch.err.Load(); err != nil {
		return *err
	}
	return nil
}

// outboxCallbacks implements outbox.Callbacks for a session.
type outboxCallbacks Session

// Conn returns the transport.
func (cb *outboxCallbacks) Conn() transport.Conn { return cb.transport }

// StartWriter starts the background writer, which waits for the peer.
func (cb *outboxCallbacks) StartWriter() {
	cb.registry.writes.add((*Session)(cb), &cb.membership.writing)
	go (*Session)(cb).write()
}

// StartTimer is called when a frame is queued to be written later.
func (cb *outboxCallbacks) StartTimer() { cb.registry.flushes.add(cb) }

// flush implements flusher.
func (cb *outboxCallbacks) flush() { cb.out.Flush(cb) }

// WriteFailed is called when a write has failed. Nothing is written after that.
func (cb *outboxCallbacks) WriteFailed(err error) {
	switch s := (*Session)(cb); {
	case !transport.IsTimeout(err):
		s.writeFailed(lostBy(err))
	case s.hasFailed():
		s.transition(closeEvent{Event: closing.TimedOut}) // the violation remains the reason
	case s.isClosing():
		s.end(ErrCloseTimeout)
	default:
		s.end(ErrWriteTimeout)
	}
}

// Drained is called when the queue has been written, our Close frame last if there is
// one.
func (cb *outboxCallbacks) Drained() { (*Session)(cb).closeFlushed() }

// Compressing returns the lock that keeps compressed messages in their order.
func (cb *outboxCallbacks) Compressing() sync.Locker { return cb.compression }

// Compress compresses the payload of a frame whose field Compress is set.
func (cb *outboxCallbacks) Compress(scratch, data, compressed []byte, first, last bool) (result []byte, ok bool) {
	return cb.compression.compress(scratch, data, compressed, first, last)
}

// Count adds to the statistics of the registry and, with Options.SessionStats, of
// the session.
func (cb *outboxCallbacks) Count(sent, received outbox.Count) {
	cb.registry.traffic.add(sent, received)
	if x := cb.extra.Load(); x != nil && x.traffic != nil {
		x.traffic.add(sent, received)
	}
}

// progress, sinceTaken, tryLastWrite and writeTimedOut implement sender.
func (s *Session) progress() progress {
	queued, taken := s.out.Queue()
	d, ok := s.transport.Delivery()
	return progress{acked: d.Acked, taken: taken, known: ok, queued: queued > 0, backlog: queued > 0 || d.Unacked > 0}
}

func (s *Session) sinceTaken() (ago time.Duration, ok bool) { return s.out.SinceTaken() }

func (s *Session) tryLastWrite() (ok bool) { return s.transport.SetWriteDeadline(longAgo) == nil }

func (s *Session) writeTimedOut() { s.end(ErrWriteTimeout) }

// newSession returns a session on a connection whose handshake is complete. early is
// what was read beyond the request, or on a client beyond the response.
func newSession(r *registry, netConn net.Conn, early []byte, protocol *string, c *deflateState) *Session {
	_ = netConn.SetDeadline(time.Time{}) // remove the deadline of the handshake
	s := &Session{conn{transport: transport.New(netConn), registry: r, protocol: protocol, compression: c}}
	s.out.Init(r.settings.sendBuffer, r.settings.side)
	if r.settings.sessionStats {
		s.more().traffic = new(trafficCounters)
	}
	s.flags.arrive()
	if len(early) > 0 {
		s.stream().input().Add(early)
	}
	return s
}

// sessionContext is the context that Session.Context returns.
type sessionContext struct {
	context.Context
	cancel context.CancelCauseFunc
}

// newContext returns the session's context, which it makes unless a concurrent call
// has made it.
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

// endContext cancels the session's context if there is one.
func (s *Session) endContext(cause error) {
	if x := s.extra.Load(); x != nil {
		if c := x.context.Load(); c != nil {
			c.cancel(cause)
		}
	}
}
