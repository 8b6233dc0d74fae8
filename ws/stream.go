package ws

import (
	"context"
	"io"
	"time"

	"github.com/handset-go/handset/internal/frame"
	"github.com/handset-go/handset/internal/message"
	"github.com/handset-go/handset/internal/outbox"
	"github.com/handset-go/handset/internal/transport"
)

// A MessageStream is the receiving half of a connection. It uses bounded
// memory: a message in one frame of up to 64 KiB is delivered whole. A message
// in a longer frame, or that the peer has fragmented, is delivered in chunks,
// as FirstText or FirstBinary, Continue, and Last. Aggregate returns a stream
// of whole messages. A program that only handles Text and Binary needs it,
// because without it the program silently ignores messages that arrive in
// chunks.
//
// Recv, All and Chan read the same messages. Each message is delivered once.
// There is one reader at a time, on any goroutine; a second reader gets
// ErrConcurrentRecv.
//
// Pings are answered before they are delivered. The peer's Close frame is
// delivered as the last message. The application may answer it with
// Session.Close; otherwise its code is sent back when the next message is
// requested, and at the latest just before Options.CloseTimeout.
//
// A stream must be read: without a reader, pings are not answered, and a lost
// connection is noticed only by the heartbeat or by a send that fails.
// Trace.Unread reports streams that are not read. A program that only sends
// calls Discard.
type MessageStream struct{ conn }

// MaxFrameSize limits the payload of a frame, control frames included, to n bytes,
// counted before decompression. A longer frame fails the session with a
// *ProtocolError of CloseMessageTooBig. If n <= 0, as by default, there is no limit,
// since long frames are delivered in chunks. MaxFrameSize must be called before the
// first receive. It returns m.
func (m *MessageStream) MaxFrameSize(n int) *MessageStream {
	m.more().maxFrame.Store(uint64(max(n, 0)))
	if m.transport != nil { // from Handle or Dial
		m.limitInput()
	}
	return m
}

// limitInput makes the input, if there is one, use the limit of MaxFrameSize. If Close was
// called before the first receive, a background reader may have the input.
func (m *MessageStream) limitInput() {
	for {
		background, err := m.in.lock.tryLock()
		switch {
		case err != nil: // a receive is in progress
			return
		case background == nil:
			if m.in.input != nil {
				m.in.input.MaxFrame = m.maxFrame()
			}
			m.unlock(true)
			return
		case background.state.Load() == discarding: // nothing is delivered any more
			return
		}
		<-background.done
	}
}

// Recv waits for the next message, or for the next chunk of a message that is longer
// than 64 KiB or fragmented. Its Data is valid until the next receive; Message.Clone
// keeps it.
//
// When ctx ends, Recv returns ctx's error, and the next receive continues where this
// one stopped, even in the middle of a frame. After the session has ended, ctx is
// ignored: Recv delivers what has arrived and then returns the error of the stream.
// So ctx may be Session.Context, or derived from it. If the session ended by a
// timeout or a shutdown, data that the stream had not yet read from the operating
// system is lost.
//
// After the Close message Recv returns io.EOF. If the stream ends without a Close
// message, the error is, by errors.Is, an io.ErrUnexpectedEOF, and it wraps the
// reason if known, such as ErrWriteTimeout or a *net.OpError. If the peer violates
// the protocol, the error is a *ProtocolError. These errors are final: Recv returns
// the same error again. A second reader gets ErrConcurrentRecv.
//
// A context interrupts a Recv that waits by means of the connection's read deadline.
// On a connection that does not support deadlines, Recv returns only when data
// arrives or the session ends.
func (m *MessageStream) Recv(ctx context.Context) (msg Message, err error) {
	if err = m.lock(ctx); err != nil {
		return // named results keep the frame small: see conn
	}
	if err = m.recv(ctx, m); err == nil {
		msg.set(&m.in.input.Event) // before unlock: the next reader reuses the Event
	}
	m.unlock(err != nil)
	return
}

// Err returns the error that ended the stream, whether Recv, All or Chan found it. It
// returns nil while the stream goes on and after a Close message. If Chan could not
// read the stream because it had another reader, Err returns ErrConcurrentRecv. The
// end of a receive's context does not end the stream. Err does not block and is safe
// for concurrent use.
func (m *MessageStream) Err() error {
	x := m.extra.Load()
	if x == nil {
		return nil
	}
	if err := x.channel.Load().reason(); err != nil {
		return err
	}
	return x.reason()
}

// view is what MessageStream and AggregatedStream differ in.
type view interface {
	// next reads the next event. ok is false if that would have to wait.
	next(r *message.Reader) (ok bool, err error)
}

// next implements view with fragments and chunks.
func (m *MessageStream) next(r *message.Reader) (ok bool, err error) { return r.Next() }

// lock locks the stream for the application. After the session has ended it ignores
// ctx, so that what has arrived is received, and then the error of the session,
// without waiting.
func (m *MessageStream) lock(ctx context.Context) error {
	if m == nil || m.transport == nil { // not from Handle or Dial
		return ErrClosed
	}
	if ctx != nil && ctx.Err() == nil && m.in.lock.lockIfFree() {
		return nil
	}
	return m.lockSlow(ctx)
}

// lockSlow is lock if the stream is not free or ctx is not valid.
func (m *MessageStream) lockSlow(ctx context.Context) error {
	stopping, err := m.in.lock.lockContext(ctx)
	if err == nil || ctx == nil || err == ErrConcurrentRecv {
		return err
	}
	if m.session().ended() == nil {
		if stopping != nil {
			go m.readOnAfter(stopping)
		}
		return err
	}
	_, err = m.in.lock.lockContext(context.Background())
	return err
}

// unlock unlocks the stream. leaving means that the reader may not return.
func (m *MessageStream) unlock(leaving bool) {
	m.in.lock.unlock()
	if x := m.extra.Load(); x == nil || !x.readsOn.Load() {
		return
	}
	if leaving {
		m.readOn(true)
	} else {
		m.readOnLater()
	}
}

// recv waits until there is a message or an error. The message is m.in.input.Event.
// The caller holds the lock.
func (m *MessageStream) recv(ctx context.Context, v view) error {
	for {
		if ok, err := m.poll(v); ok || err != nil {
			return err
		}
		m.beforeWait(ctx)
		n, err := m.session().transport.Read((*readBuffer)(m))
		if err := m.readDone(ctx, n, err); err != nil {
			return err
		}
	}
}

// poll reads the next event of the view. ok is false if that would have to wait.
func (m *MessageStream) poll(v view) (ok bool, err error) {
	in := m.in.input
	switch {
	case in == nil:
		m.session().flags.set(lastTooBig, false)
		return false, nil
	case in.err != nil:
		return false, in.err
	case in.closePending:
		in.closePending = false
		return true, nil
	}
	ok, err = v.next(&in.Reader)
	for ok && in.Event.Opcode == frame.Pong && m.session().ownPong(in.Event.Data) {
		ok, err = v.next(&in.Reader)
	}
	m.session().flags.set(lastTooBig, err == message.ErrTooBig)
	switch {
	case ok:
		m.handleEvent(in)
	case err != nil:
		err = m.readerError(err)
	}
	return ok, err
}

// handleEvent handles an event before it is delivered.
func (m *MessageStream) handleEvent(in *input) {
	s := m.session()
	s.heartbeat.unread.receives()
	s.flags.set(hasMore, in.HoldsFrame())
	switch {
	case in.Event.Opcode == frame.Ping && !s.registry.settings.manualPong:
		s.answerPing(in.Event.Data)
	case in.Event.Opcode == frame.Close:
		s.countReceived(m.takeArrived())
		if !in.closeHandled {
			s.closeReceived(closeReason(&in.Event))
		}
	}
}

// readerError handles an error of the message.Reader, and returns that of the
// receive.
func (m *MessageStream) readerError(err error) error {
	in, s := m.in.input, m.session()
	switch err {
	case message.ErrTooBig:
		s.heartbeat.unread.receives()
		s.flags.set(hasMore, in.HoldsFrame())
		return ErrMessageTooBig
	case io.EOF: // after the Close frame
		s.answerClose()
		in.err = err
	default:
		m.violated(err)
	}
	return in.err
}

// beforeWait prepares the stream for waiting. Batched sends are written first.
func (m *MessageStream) beforeWait(ctx context.Context) {
	if m.registry.settings.intervals.message > 0 {
		m.timeMessages()
	}
	if m.in.input != nil {
		m.in.input.Event = message.Event{}
	}
	m.session().flags.wait()
	m.session().readerWaits(m.takeArrived())
	m.setContext(ctx)
	m.heartbeat.unread.receives()
}

// timeMessages records for MessageTimeout whether a message has begun or is complete.
func (m *MessageStream) timeMessages() {
	in := m.in.input
	if in == nil {
		return
	}
	if x := m.extra.Load(); x != nil && in.Count.Messages > 0 {
		x.messages.finished()
	}
	if in.HasBegun() {
		m.more().messages.begun(coarse())
	}
}

// messageTimedOut reports whether the incomplete message has exceeded MessageTimeout.
func (m *MessageStream) messageTimedOut() bool {
	x := m.extra.Load()
	return x != nil && m.in.input != nil && x.messages.expired()
}

// readDone handles the result of a read. It returns an error only if ctx has ended; a
// final error is stored in the input.
func (m *MessageStream) readDone(ctx context.Context, n int, err error) error {
	if err == nil {
		m.flags.arrive()
		m.in.input.Arrived(n)
		return nil
	}
	return m.readFailed(ctx, err)
}

// readFailed is readDone for a read that has returned an error.
func (m *MessageStream) readFailed(ctx context.Context, err error) error {
	m.flags.set(isWaiting, false)
	switch {
	case !transport.IsTimeout(err) || m.session().ended() != nil:
		m.lost(err)
		return nil
	case m.messageTimedOut():
		m.violated(&ProtocolError{ClosePolicyViolation, ErrMessageTimeout})
		return nil
	}
	m.heartbeat.peer.Polled(coarse())
	(*readBuffer)(m).Release()
	m.clearContext()
	if ctx.Err() == nil && !m.clearExternalDeadline() { // the deadline was not ours
		m.lost(err)
	}
	return ctx.Err()
}

// clearExternalDeadline removes a read deadline that other code, or an idleTimer, has set
// on the connection. It returns false if reads still time out, many times in succession, as on a
// connection that does not recover from a deadline: the connection is lost.
func (m *MessageStream) clearExternalDeadline() (recovers bool) {
	f, now := &m.more().external, coarse()
	if now-f.last > 1 {
		f.consecutive = 0
	}
	f.last, f.consecutive = now, f.consecutive+1
	return m.transport.SetReadDeadline(time.Time{}) == nil && f.consecutive <= maxExternal
}

// externalDeadlines counts reads that a deadline of other code has interrupted.
type externalDeadlines struct {
	last        uint32 // coarse time of the last one
	consecutive uint8  // number of them without a pause
}

const maxExternal = 100

// violated ends the stream because the peer has violated the protocol or a limit.
func (m *MessageStream) violated(err error) {
	failure, ok := err.(*ProtocolError)
	if !ok {
		failure = violation(err)
	}
	m.in.input.err = failure
	m.more().end(failure)
	m.session().countReceived(m.takeArrived())
	m.in.input.Free()
	if t := m.session().trace(); t.ProtocolError != nil {
		t.ProtocolError(m.session(), failure)
	}
	m.clearContext()
	m.session().fail(failure)
}

// lost ends the stream because a read has failed.
func (m *MessageStream) lost(err error) {
	found := err
	if cause := m.session().lostBecause(); cause != nil {
		err = cause
	}
	in := m.input()
	in.err = lostBy(err)
	m.more().end(in.err)
	in.Free()
	m.session().readEnded(found, in.err)
}

// input returns the input of the stream. It takes one from the pool if there is none.
func (m *MessageStream) input() *input {
	if m.in.input == nil {
		m.in.input = inputs.Get().(*input)
		m.in.input.MaxFrame, m.in.input.Side = m.maxFrame(), m.registry.settings.side
		if m.compression != nil {
			m.in.input.Decoder = &m.compression.decoder
		}
	}
	return m.in.input
}

// setContext makes the end of ctx interrupt the following reads.
func (m *MessageStream) setContext(ctx context.Context) {
	if m.in.setContext(ctx, m.transport) && m.session().ended() != nil {
		m.clearContext() // disconnect may have called it before
	}
}

// clearContext removes the context that setContext has set.
func (m *MessageStream) clearContext() { m.in.clearContext(m.transport) }

// readBuffer implements transport.ReadBuffer for a MessageStream.
type readBuffer MessageStream

// Space returns the buffer for the next read.
func (b *readBuffer) Space(size int) []byte { return (*MessageStream)(b).input().Space(size) }

// Release frees the buffer if it is empty.
func (b *readBuffer) Release() { b.in.release() }

// takeArrived returns what has arrived since the last call.
func (m *MessageStream) takeArrived() (c outbox.Count) {
	if m.in.input != nil {
		c, m.in.input.Count = outbox.Count(m.in.input.Count), message.Count{}
	}
	return c
}
