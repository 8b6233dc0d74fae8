package ws

import (
	"bytes"
	"context"
	"io"
	"sync/atomic"
	"time"

	"github.com/handset-go/handset/internal/transport"
)

// Chan returns a channel of the messages. It returns the same channel each time
// and does not block. Each message owns its Data. A goroutine reads ahead by up
// to 17 messages. The channel is closed when the stream ends, or at once if the
// stream has another reader; Err then returns the error. On Linux, over TCP without
// TLS and over Unix sockets, the goroutine ends when nothing has arrived for one to
// two seconds, and another one is started when something arrives.
//
// The peer's Close frame is answered as soon as its message is in the channel.
// Use Recv or All to answer it with another reason. After Session.Close or the
// end of the session, messages that do not fit into the channel are dropped, so
// that the goroutine ends with the session. A session with a channel does not
// end with ErrAbandoned, even if nothing receives from the channel, but when its
// peer closes it or is found gone by the heartbeat. Trace.Unread reports it. If
// the connection is lost while the channel is full, the session ends when there
// is room for what has arrived, and at the latest after Options.CloseTimeout.
func (m *MessageStream) Chan() <-chan Message { return m.channel(&m.more().channel, m) }

// channel returns the channel of c. The first call makes it and starts the goroutine
// that fills it.
func (m *MessageStream) channel(c *atomic.Pointer[messageChannel], v view) <-chan Message {
	if ch := c.Load(); ch != nil {
		return ch.messages
	}
	ch := &messageChannel{messages: make(chan Message, channelSize)}
	if !c.CompareAndSwap(nil, ch) {
		return c.Load().messages
	}
	if m == nil || m.transport == nil { // not from Handle or Dial
		ch.close(ErrClosed)
		return ch.messages
	}
	background, err := m.in.lock.tryLock()
	if err != nil {
		ch.close(err)
		return ch.messages
	}
	if m.canBeIdle() {
		ch.id = channelIDs.Add(1)
	}
	m.more().filled.Store(ch)
	go ch.begin(m, v, background)
	return ch.messages
}

// close closes the channel. err is the reason, or nil after a Close message.
func (ch *messageChannel) close(err error) {
	if err != nil {
		ch.err.Store(&err)
	}
	close(ch.messages)
}

// begin begins to fill the channel. If a background reader is given, it must stop first.
func (ch *messageChannel) begin(m *MessageStream, v view, background *lockHolder) {
	if background != nil {
		if _, err := m.in.lock.lockContext(context.Background()); err != nil {
			ch.close(err)
			return
		}
	}
	if !ch.becomesIdle(m, v) {
		ch.fill(m, v)
	}
}

// fill receives messages into the channel until the stream ends, or until it is one of
// idleStreams; then fill is called again, in another goroutine. The stream is locked for the
// application until it ends. To keep the stack at 2 KiB while it waits, fill does not call
// recv.
func (ch *messageChannel) fill(m *MessageStream, v view) {
	idle := idleTimer{off: ch.id == 0}
	for {
		ok, err := m.poll(v)
		switch {
		case ok:
			ch.deliver(m)
			continue
		case err != nil:
			ch.end(m, err)
			return
		}
		m.beforeWait(context.Background())
		if !m.holdsPart() {
			idle.start(m.transport)
		}
		n, err := m.transport.Read((*readBuffer)(m))
		_ = m.readDone(context.Background(), n, err)
		if idle.stop(err) && ch.becomesIdle(m, v) {
			return
		}
	}
}

// end unlocks the stream, which has ended with err, and closes the channel.
func (ch *messageChannel) end(m *MessageStream, err error) {
	if err == ErrMessageTooBig { // a channel cannot report an error and continue
		_ = m.session().Close(CloseReason{Code: CloseMessageTooBig})
	}
	m.unlock(true)
	if err == io.EOF {
		err = nil
	}
	ch.close(err)
}

// deliver copies the message that was received into the channel. It waits while the
// channel is full, until the session closes.
func (ch *messageChannel) deliver(m *MessageStream) {
	var msg Message
	msg.set(&m.in.input.Event)
	msg.Data = bytes.Clone(msg.Data)
	select {
	case ch.messages <- msg:
	default:
		ch.deliverWaiting(m.session(), msg)
	}
}

// deliverWaiting delivers a message while the channel is full. It is separate because
// only then does the session need the channel of whenClosing.
//
//go:noinline
func (ch *messageChannel) deliverWaiting(s *Session, msg Message) {
	select {
	case ch.messages <- msg:
	case <-s.whenClosing():
	}
}

// channelIDs is the number of channels so far.
var channelIDs atomic.Uint64

// canBeIdle reports whether the stream can be one of idleStreams. In a synctest bubble it
// cannot: they belong to no bubble.
func (m *MessageStream) canBeIdle() bool {
	return transport.CanPoll(m.transport) && !m.registry.inBubble()
}

// holdsPart reports whether part of a message has arrived.
func (m *MessageStream) holdsPart() bool { return m.in.input != nil && !m.in.input.Idle() }

// becomesIdle makes the stream one of idleStreams. It returns false if it cannot be one of
// them, for example because part of a message has arrived.
func (ch *messageChannel) becomesIdle(m *MessageStream, v view) bool {
	if ch.id == 0 || m.in.input != nil {
		return false
	}
	m.beforeWait(context.Background())
	run, ok := idleStreams.Add(m.transport, ch.id, func() { go ch.fill(m, v) })
	if run != nil {
		time.AfterFunc(0, run) // and not go, so that it does not have the profiler labels of this goroutine
	}
	return ok
}

// idleTime is how long nothing must have arrived for a stream to be idle. It is long
// because to start a goroutine for what arrives takes some microseconds: see BenchmarkPoller
// in internal/transport.
const idleTime = time.Second

// idleTimer finds that nothing has arrived for idleTime. It interrupts the read that waits
// then, by the read deadline. To be cheap it is started once for all that arrives
// meanwhile, so that the read is interrupted once in idleTime at most.
type idleTimer struct {
	off     bool // the stream cannot be one of idleStreams
	started bool
	arrived bool // something has arrived since it was started
	expired bool // nothing has arrived since it has expired
}

// start starts the timer before a read, unless it is started or has expired.
func (t *idleTimer) start(conn transport.Conn) {
	if t.off || t.started || t.expired {
		return
	}
	t.started, t.arrived = true, false
	_ = conn.SetReadDeadline(time.Now().Add(idleTime))
}

// stop is called with the error of the read. It reports whether the timer has expired.
func (t *idleTimer) stop(err error) bool {
	if err == nil {
		t.arrived, t.expired = true, false
		return false
	}
	t.expired = t.started && !t.arrived
	t.started = false
	return t.expired
}
