package ws

import (
	"context"
	"io"
	"iter"
	"time"

	"github.com/handset-go/handset/internal/inbox"
	"github.com/handset-go/handset/internal/transport"
)

// MessageStream is the half of a connection to listen on: messages as they
// arrive, in bounded memory. A message in a frame of up to 64 KiB comes whole;
// one that the peer has fragmented, or in a longer frame, comes as FirstText or
// FirstBinary, Continue, and Last. Aggregate makes whole messages of those. A
// program that looks for Text and Binary alone needs it: it would silently ignore
// what comes in pieces.
//
// Recv, All and Chan are three views of the same messages, each of which is
// received once. There is one reader at a time, on any goroutine: a second one
// gets ErrConcurrentRecv.
//
// Pings are answered before they are delivered. A Close is delivered as the
// last message; the application may answer it with Session.Close, otherwise
// its code is echoed when the next message is asked for, and at the latest just
// before Upgrader.CloseTimeout. After it the stream is at its end.
//
// The stream has to be read for pings to be answered and for the session to
// notice at once that the peer has gone; otherwise only the heartbeat does, later.
// Trace.Unread is told of one that is not. A program that only sends has Discard
// read it.
type MessageStream struct{ conn }

// MaxFrameSize makes the stream refuse frames whose payload, as it is sent,
// compressed or not, is longer than n bytes, control frames included: the session
// fails with a *ProtocolError of CloseMessageTooBig. Without it, or with n <= 0,
// frames of any length are taken, in pieces. It must be called before the first receive, and returns the
// stream itself.
func (m *MessageStream) MaxFrameSize(n int) *MessageStream {
	m.more().maxFrame = uint64(max(n, 0))
	if m.rx != nil {
		m.rx.maxFrame = m.maxFrame()
	}
	return m
}

// Recv waits for the next message, or piece of one that is longer than 64 KiB or
// was fragmented. Its Data is valid until the next receive; Message.Clone keeps it.
//
// When ctx ends first, or has ended before, Recv returns its error, and the
// next receive carries on where this one left off, even inside a frame. Once the
// session has ended ctx does not matter: what has arrived is received, and then
// comes the stream's own error, also by a context that ends with the session, such
// as Session.Context or one made from it. When the session was cut by a timeout or
// a shutdown, what the stream had not yet read from the operating system is lost.
// A second reader gets ErrConcurrentRecv. After the Close message Recv returns
// io.EOF. A stream that ends without one returns an error that is, by
// errors.Is, an io.ErrUnexpectedEOF and also the reason if that is known, such
// as ErrWriteTimeout or a *net.OpError. A peer that breaks the protocol gives a
// *ProtocolError. These last three stay: every further Recv returns them again.
//
// A context ends a receive that waits by way of the connection's read deadline. On
// a connection that does not support deadlines a Recv that waits returns when
// something arrives or the session ends.
func (m *MessageStream) Recv(ctx context.Context) (msg Message, err error) {
	if err = m.take(ctx); err != nil {
		return // by name, for a smaller frame: an idle reader's stack is all but full, and would double
	}
	if err = m.recv(ctx, m); err == nil {
		msg = m.rx.msg // the receiver is the next reader's with the turn
	}
	m.giveTurn(err != nil)
	return
}

// All returns the messages as a sequence for a range loop, which ends after the
// Close message, or after the first error that Recv would return has been
// yielded. Data is valid until the loop goes on. When ctx ends the loop ends
// with its error, though messages may have arrived. A loop that breaks off or
// ends with ctx leaves the stream as it is, for the next reader. As with Recv ctx
// does not matter once the session has ended.
func (m *MessageStream) All(ctx context.Context) iter.Seq2[Message, error] {
	return m.all(ctx, m)
}

// Chan returns the messages as a channel, the same one each time, and does not
// block. The stream is read ahead of the application by up to 17 messages, each
// of which owns its Data. The channel is closed at the stream's end, or for good
// if the stream has another reader; Err then says why.
//
// Through a channel the stream cannot know when the application has dealt with
// a Close message, so it is answered as soon as it is on its way; Recv and All
// leave time for an answer of the application's own. When the session ends, or
// the application calls Session.Close, messages that nobody takes are dropped:
// the goroutine behind the channel ends with the session. It is at work on the
// session until then, which is not found abandoned though nobody refers to the
// channel any more; the peer's end, the heartbeat or Trace.Unread show that.
func (m *MessageStream) Chan() <-chan Message { return m.more().pump.start(m, m) }

// Err returns why the channel of Chan was closed: nil before that, and after a
// Close message. An aggregate's channel has an Err of its own.
func (m *MessageStream) Err() error {
	if x := m.extra.Load(); x != nil {
		return x.pump.reason()
	}
	return nil
}

// Aggregate returns a view of the stream in whole messages of up to maxSize
// bytes; maxSize <= 0 means 1 MiB. Use it in place of the stream's own views: a
// message of which those have received a piece is not part of it.
func (m *MessageStream) Aggregate(maxSize int) *AggregatedStream {
	if maxSize <= 0 {
		maxSize = 1 << 20
	}
	return &AggregatedStream{stream: m, max: maxSize}
}

// view is what a stream and its aggregate differ in.
type view interface {
	// poll puts the next message into the receiver's msg if that takes no
	// waiting: ok is false when it does.
	poll() (ok bool, err error)
}

// giveTurn gives the reader's turn back. leaving says that the reader may not
// come again.
func (m *MessageStream) giveTurn(leaving bool) {
	m.turn.give()
	if x := m.extra.Load(); x == nil || !x.closing.Load() {
		return
	}
	if leaving {
		m.finishFor(readerLeft)
	} else {
		m.finishFor(readerBusy)
	}
}

// finishFor has what the peer sends before its Close frame be read in the
// background, unless somebody is reading.
func (m *MessageStream) finishFor(state readerState) {
	if !m.session().awaitsClose() {
		return
	}
	if r := m.turn.finishes(); r != nil {
		if r.from == loopBody {
			state = readerBusy
		}
		go m.finish(r, state)
	}
}

// recv waits until there is a message, or an error. The caller has the turn.
func (m *MessageStream) recv(ctx context.Context, v view) error {
	for {
		if ok, err := v.poll(); ok || err != nil {
			return err
		}
		m.pause(ctx)
		n, err := m.session().transport.Read((*place)(m))
		if err := m.readDone(ctx, n, err); err != nil {
			return err
		}
	}
}

// poll is the stream's own view: pieces as they come.
func (m *MessageStream) poll() (ok bool, err error) {
	if m.rx == nil {
		return false, nil
	}
	m.rx.expire()
	m.rx.abandon()
	return m.pollPiece()
}

// pollPiece takes the next message, or piece of one, out of what has arrived.
func (m *MessageStream) pollPiece() (ok bool, err error) {
	r := m.rx
	switch {
	case r.err != nil:
		return false, r.err
	case r.late:
		r.late, r.closed = false, true
		return true, nil
	case r.closed:
		m.session().answerClose()
		r.err = io.EOF
		return false, r.err
	}
	ok, err = r.next()
	for ok && m.session().ownPong(&r.msg) {
		ok, err = r.next()
	}
	switch {
	case err != nil:
		m.broken(err)
		return false, r.err
	case ok:
		m.note(r)
	}
	return ok, nil
}

// note does what a message asks of the session before it is delivered.
func (m *MessageStream) note(r *receiver) {
	s := m.session()
	s.flags.set(lastTooBig, false)
	s.pulse.unread.receives()
	if k := r.msg.Kind; k == Text || k == Binary || k == Last {
		r.arrival.Messages++
	}
	s.flags.set(hasMore, r.holdsFrame())
	if m.timesMessages() {
		m.noteFinished(r.msg.Kind)
	}
	switch {
	case r.msg.Kind == Ping && !s.registry.upgrader.ManualPong:
		s.out.PutPong((*outboxHost)(s), r.msg.Data, s.gathers())
	case r.msg.Kind == Close:
		r.closed = true
		s.out.Received((*outboxHost)(s), m.takeArrived())
		r.Free()
		if !r.foreseen {
			s.peerCloses(r.msg.Reason)
		}
	}
}

// peerCloses notes that the peer's Close frame has arrived.
func (s *Session) peerCloses(reason CloseReason) {
	s.registry.countCloseReceived(reason.Code)
	if t := s.trace(); t.CloseReceived != nil {
		t.CloseReceived(s, reason)
	}
	s.closeReceived(reason)
}

// pause prepares for a wait: what has gathered leaves first.
func (m *MessageStream) pause(ctx context.Context) {
	if m.rx != nil {
		m.rx.msg = Message{}
	}
	m.session().flags.wait()
	m.session().out.Idle((*outboxHost)(m.session()), m.takeArrived())
	m.heed(ctx)
	if m.timesMessages() {
		m.noteUnfinished()
	}
	m.pulse.unread.receives()
}

// readDone takes in what a read has brought. It returns only the error of ctx;
// one that lasts is the receiver's.
func (m *MessageStream) readDone(ctx context.Context, n int, err error) error {
	if err == nil {
		m.flags.arrive()
		m.rx.arrived(n)
		return nil
	}
	return m.readFailed(ctx, err)
}

// readFailed is readDone when the read has brought nothing.
func (m *MessageStream) readFailed(ctx context.Context, err error) error {
	m.flags.set(isWaiting, false)
	switch {
	case !transport.IsTimeout(err) || m.session().ended() != nil:
		m.lost(err)
		return nil
	case m.tookTooLong():
		m.broken(&ProtocolError{ClosePolicyViolation, ErrMessageTimeout})
		return nil
	}
	if b := m.pulse.probe.Load(); b != nil {
		b.looked.Store(coarse())
	}
	(*place)(m).Release()
	m.forgetContext()
	if ctx.Err() == nil { // the deadline was not ours
		m.takeDeadlineAway(err)
	}
	return ctx.Err()
}

// takeDeadlineAway takes away a read's deadline that somebody else has set. If
// reads time out nevertheless, one after the other and in no time, as on a
// transport that never recovers from a deadline, the connection is lost.
func (m *MessageStream) takeDeadlineAway(cause error) {
	f, now := &m.more().foreign, coarse()
	if now-f.last > 1 {
		f.inRow = 0
	}
	f.last, f.inRow = now, f.inRow+1
	if err := m.transport.SetReadDeadline(time.Time{}); err != nil || f.inRow > maxForeign {
		m.lost(cause)
	}
}

// foreign is deadlines of reads that were not ours.
type foreign struct {
	last  uint32 // when the last one passed, in coarse time
	inRow uint8  // how many have without a pause
}

const maxForeign = 100

// broken ends the stream because the peer broke the protocol.
func (m *MessageStream) broken(err error) {
	failure, ok := err.(*ProtocolError)
	if !ok {
		failure = violation(err)
	}
	m.rx.err = failure
	m.session().out.Received((*outboxHost)(m.session()), m.takeArrived())
	m.rx.Free()
	if t := m.session().trace(); t.ProtocolError != nil {
		t.ProtocolError(m.session(), failure)
	}
	m.forgetContext()
	m.session().fail(failure)
}

// lost ends the stream because nothing can be read any more.
func (m *MessageStream) lost(err error) {
	atEOF := isEOF(err)
	if cause := m.session().lostBecause(); cause != nil {
		err = cause
	}
	r := m.receiver()
	r.err = lostBy(err)
	r.Free()
	m.session().readLost(atEOF, r.err)
}

// isEOF reports whether a read has found the end, which for TLS may be one that
// was not announced.
func isEOF(err error) bool { return err == io.EOF || err == io.ErrUnexpectedEOF }

// drain drops what the peer sends before its Close frame.
func (m *MessageStream) drain() {
	m.leaveLent()
	for {
		if err := m.recv(context.Background(), (*unheard)(m)); err != nil {
			return
		}
		if m.rx.msg.Kind == Close {
			m.rx.late = true
			return
		}
	}
}

// unheard is a stream of which only control messages matter from now on.
type unheard MessageStream

// poll is the view of drain. Nothing is inflated: no message is delivered any
// more that could refer to one that was dropped.
func (u *unheard) poll() (ok bool, err error) {
	m := (*MessageStream)(u)
	if m.rx == nil {
		return false, nil
	}
	m.rx.abandon()
	m.rx.dropPacked()
	return m.pollPiece()
}

// leaveLent lets the application keep what it received last, which is lent to it
// until it receives again: the stream goes on in other buffers.
func (m *MessageStream) leaveLent() {
	if m.rx == nil {
		return
	}
	held := m.rx.Bytes()
	m.rx.Inbox = inbox.Inbox{}
	m.rx.Add(held)
	m.rx.direct, m.rx.message = false, assembly{}
	m.rx.leavePlain()
}

// longAgo is a deadline that has passed.
var longAgo = time.Unix(1, 0)
