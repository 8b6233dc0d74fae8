package ws

import (
	"context"
	"io"
	"iter"
	"sync"
	"time"

	"github.com/handset-go/handset/internal/frame"
	"github.com/handset-go/handset/internal/message"
	"github.com/handset-go/handset/internal/outbox"
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
		m.rx.MaxFrame = m.maxFrame()
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
		msg.set(&m.rx.Event) // which is the next reader's with the turn
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
	// next reads the next event if that takes no waiting: ok is false when it does.
	next(r *message.Reader) (ok bool, err error)
}

// next is the stream's own view: chunks as they come.
func (m *MessageStream) next(r *message.Reader) (ok bool, err error) { return r.Next() }

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
		if ok, err := m.poll(v); ok || err != nil {
			return err
		}
		m.pause(ctx)
		n, err := m.session().transport.Read((*readBuffer)(m))
		if err := m.readDone(ctx, n, err); err != nil {
			return err
		}
	}
}

// poll reads the next event of the view if that takes no waiting: ok is false when
// it does.
func (m *MessageStream) poll(v view) (ok bool, err error) {
	in := m.rx
	switch {
	case in == nil:
		m.session().flags.set(lastTooBig, false)
		return false, nil
	case in.err != nil:
		return false, in.err
	case in.late:
		in.late = false
		return true, nil
	}
	ok, err = v.next(&in.Reader)
	for ok && in.Event.Opcode == frame.Pong && m.session().ownPong(in.Event.Data) {
		ok, err = v.next(&in.Reader)
	}
	m.session().flags.set(lastTooBig, err == message.ErrTooBig)
	switch {
	case ok:
		m.note(in)
	case err != nil:
		err = m.readerError(err)
	}
	return ok, err
}

// note does what an event asks of the session before it is delivered.
func (m *MessageStream) note(in *input) {
	s := m.session()
	s.pulse.unread.receives()
	s.flags.set(hasMore, in.HoldsFrame())
	switch {
	case in.Event.Opcode == frame.Ping && !s.registry.settings.manualPong:
		s.out.PutPong((*outboxHost)(s), in.Event.Data, s.gathers())
	case in.Event.Opcode == frame.Close:
		s.out.Received((*outboxHost)(s), m.takeArrived())
		if !in.foreseen {
			s.peerCloses(closeReason(&in.Event))
		}
	}
}

// readerError returns what a receive returns for an error of the message.Reader.
func (m *MessageStream) readerError(err error) error {
	in, s := m.rx, m.session()
	switch err {
	case message.ErrTooBig:
		s.pulse.unread.receives()
		s.flags.set(hasMore, in.HoldsFrame())
		return ErrMessageTooBig
	case io.EOF: // behind the Close frame
		s.answerClose()
		in.err = err
	default:
		m.broken(err)
	}
	return in.err
}

// peerCloses notes that the peer's Close frame has arrived.
func (s *Session) peerCloses(reason CloseReason) {
	s.registry.closeFrames.countReceived(reason.Code)
	if t := s.trace(); t.CloseReceived != nil {
		t.CloseReceived(s, reason)
	}
	s.closeReceived(reason)
}

// pause prepares for a wait: what has gathered leaves first.
func (m *MessageStream) pause(ctx context.Context) {
	if m.timesMessages() {
		m.noteFinished()
	}
	if m.rx != nil {
		m.rx.Event = message.Event{}
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
// one that lasts is the input's.
func (m *MessageStream) readDone(ctx context.Context, n int, err error) error {
	if err == nil {
		m.flags.arrive()
		m.rx.Arrived(n)
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
	(*readBuffer)(m).Release()
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
	in := m.input()
	in.err = lostBy(err)
	in.Free()
	m.session().readLost(atEOF, in.err)
}

// isEOF reports whether a read has found the end, which for TLS may be one that
// was not announced.
func isEOF(err error) bool { return err == io.EOF || err == io.ErrUnexpectedEOF }

// drain discards what the peer sends before its Close frame.
func (m *MessageStream) drain() {
	m.detach()
	for {
		if err := m.recv(context.Background(), controlOnly{}); err != nil {
			return
		}
		if m.rx.Event.Opcode == frame.Close {
			m.rx.late = true
			return
		}
	}
}

// controlOnly is the view of a stream of which only control frames matter from now
// on. Nothing is inflated: no message is delivered any more that could refer to one
// that was discarded.
type controlOnly struct{}

func (controlOnly) next(r *message.Reader) (ok bool, err error) { return r.NextControl() }

// input is what a stream reads with: where reads go to, and what becomes of them.
// It is pooled: a stream that waits between two messages has none.
type input struct {
	message.Reader
	err      error // what every receive returns from now on
	late     bool  // the Close frame was read by drain and is to be delivered
	foreseen bool  // the Close frame that is going to be read has been dealt with
}

var inputs = sync.Pool{New: func() any { return new(input) }}

// input returns what the stream reads with. It is the reader's.
func (m *MessageStream) input() *input {
	if m.rx == nil {
		m.rx = inputs.Get().(*input)
		m.rx.MaxFrame = m.maxFrame()
		if m.compression != nil {
			m.rx.Decoder = &m.compression.receives
		}
	}
	return m.rx
}

// detach leaves to the application what it received last, which is otherwise valid
// until it receives again: the stream goes on in other buffers.
func (m *MessageStream) detach() {
	if m.rx != nil {
		m.rx.Detach()
	}
}

// readBuffer is a MessageStream as the transport.ReadBuffer of its reads.
type readBuffer MessageStream

// Space returns where the next read goes.
func (b *readBuffer) Space(size int) []byte { return (*MessageStream)(b).input().Space(size) }

// Release gives back what holds nothing, and if that is all, the input.
func (b *readBuffer) Release() {
	switch in := b.rx; {
	case in == nil:
	case in.err != nil || in.late || !in.Idle():
		in.Reader.Release()
	default: // its buffer stays with it: whoever reads next needs both
		in.Reset()
		inputs.Put(in)
		b.rx = nil
	}
}

// longAgo is a deadline that has passed.
var longAgo = time.Unix(1, 0)

// takeArrived returns what has arrived since it was last called.
func (m *MessageStream) takeArrived() (c outbox.Count) {
	if m.rx != nil {
		c, m.rx.Count = outbox.Count(m.rx.Count), message.Count{}
	}
	return c
}
