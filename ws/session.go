package ws

import (
	"context"
	"net"
	"unicode/utf8"
	"unsafe"

	"github.com/handset-go/handset/internal/frame"
	"github.com/handset-go/handset/internal/outbox"
)

// Session is the sending half of a connection. Its methods are safe for concurrent use,
// and messages are never mixed.
//
// A send queues its message and returns. It does not wait for the peer while the
// message fits into Upgrader.SendBuffer. On an idle session over TCP the message has been
// passed to the operating system before the send returns, and what that does not take
// is written in the background. Over TLS, other wrapped connections, and on systems other
// than Unix, a goroutine writes it at once. While the stream holds messages that the
// application has not received, sends are batched: they are written together when the
// stream next waits for the network, when they are 64 KiB, or after a millisecond. If
// messages are sent continuously without waiting for the peer, they are written in the
// background too, as many at a time as have been queued.
//
// If the queue is full, a send waits until its message fits, its context ends, or the
// session ends. Data messages also wait for the end of a fragmented message that is
// open. The context applies to this waiting only: a send that returns the context's error
// has sent nothing, and one that has returned nil is not undone. A session whose peer
// takes nothing for Upgrader.WriteTimeout ends with ErrWriteTimeout.
//
// A send only reads the bytes that it is given; the caller may reuse them when it
// returns.
//
// A session lasts as long as the program refers to one of its halves, or a goroutine
// works on it, such as those of Chan and Discard. If the program refers to neither half,
// since the handler panicked or has returned, the session ends with ErrAbandoned when
// the garbage collector finds it. The channel of Done, the context of Context and
// Upgrader.Sessions do not refer to a session. What the session refers to may: a function
// that context.AfterFunc is to call at the end of its context, and the values that
// Upgrader.KeepRequestValues keeps. If one of those refers to a half, the session is not
// found abandoned, and lasts until its peer closes it or the heartbeat ends it.
//
// A program that only sends keeps its session by keeping the Session. It needs a reader
// all the same: MessageStream.Discard. Without a reader no Ping is answered, the peer's
// Close is not noticed, and only the heartbeat or a failed send notices that the peer has
// gone.
//
// All methods of a Session or a stream that does not come from Handle, such as
// new(Session), do nothing: those that return an error return ErrClosed, except Close,
// and Done is closed. A nil pointer panics as usual.
type Session struct{ conn }

// Text sends a text message, which must be UTF-8 (RFC 6455 §5.6). It waits and
// fails as Send does.
func (s *Session) Text(ctx context.Context, text string) error {
	return s.TextBytes(ctx, unsafe.Slice(unsafe.StringData(text), len(text)))
}

// TextBytes is Text for a text in bytes.
func (s *Session) TextBytes(ctx context.Context, text []byte) error {
	return s.Send(ctx, Message{Kind: Text, Data: text})
}

// Binary sends a binary message. It waits and fails as Send does.
func (s *Session) Binary(ctx context.Context, data []byte) error {
	return s.Send(ctx, Message{Kind: Binary, Data: data})
}

// Ping sends a Ping with a payload of at most 125 bytes; the stream delivers
// the peer's Pong. Like Pong and Close it may pass a fragmented message that is
// open (RFC 6455 §5.4). It waits and fails as Send does.
func (s *Session) Ping(ctx context.Context, payload []byte) error {
	return s.Send(ctx, Message{Kind: Ping, Data: payload})
}

// Pong sends a Pong with a payload of at most 125 bytes. Pings are answered
// without it, unless Upgrader.ManualPong is set. It waits and fails as Send
// does.
func (s *Session) Pong(ctx context.Context, payload []byte) error {
	return s.Send(ctx, Message{Kind: Pong, Data: payload})
}

// Continuation sends one fragment of a message: part is FirstText or FirstBinary,
// then any number of times Continue, then Last (RFC 6455 §5.4). Until Last has been
// sent, other data messages wait, and so does another first fragment; control messages
// do not. Text is checked across fragments, which may end inside a character. A
// fragment that is not valid, and Continue or Last without a first fragment, are
// errors. Otherwise it waits and fails as Send does.
//
// All fragments of a message must be sent by one goroutine, one after another. If the
// first fails, the others must not be sent: they would continue the message of
// another goroutine.
func (s *Session) Continuation(ctx context.Context, part Kind, data []byte) error {
	if int(part) >= len(kinds) || !kinds[part].fragment {
		return errKind(part)
	}
	return s.Send(ctx, Message{Kind: part, Data: data})
}

// Send sends a message of any kind, such as one that was just received. It does not
// turn a Ping into a Pong. A Close message is the same as s.Close(msg.Reason), and
// ignores ctx.
//
// Send returns ctx's error if that has ended or ends while Send waits, and ErrClosed
// if the session is closed. Once the session has ended it returns ErrClosed with the
// reason, whether or not ctx has ended. Text that is not UTF-8, a Ping or Pong of more
// than 125 bytes, a kind that cannot be sent and a nil context are errors too. If Send
// returns an error, nothing was sent.
func (s *Session) Send(ctx context.Context, msg Message) error {
	if msg.Kind == Close {
		return s.Close(msg.Reason)
	}
	do, err := s.enqueue(ctx, &msg)
	if err != nil {
		return err
	}
	s.out.Perform((*outboxCallbacks)(s), do) // here, where enqueue is not on the stack any more
	return nil
}

// enqueue is Send of any message but a Close, up to the write, which it leaves to the
// caller.
func (s *Session) enqueue(ctx context.Context, msg *Message) (do outbox.Action, err error) {
	if ctx == nil {
		return do, errNilContext
	}
	if err := ctx.Err(); err != nil {
		return do, s.orEnd(err)
	}
	f := outbox.Frame{Data: msg.Data}
	if err := s.frame(&f, msg.Kind); err != nil {
		return do, err
	}
	if f.Fragment() {
		return do, s.putFragment(ctx, &f)
	}
	if s.compression != nil || s.traced() {
		return do, s.putCompressed(ctx, &f)
	}
	if do, err = s.out.Enqueue((*outboxCallbacks)(s), &f); err != nil {
		err = s.put(ctx, &f) // it waits after ErrFull, and fails again after any other error
	}
	return do, err
}

// put queues a frame.
//
//go:noinline
func (s *Session) put(ctx context.Context, f *outbox.Frame) error {
	return s.sendError(s.out.Put(ctx, (*outboxCallbacks)(s), f))
}

// TrySend is Send without waiting: where Send would wait, it returns ErrBufferFull and
// has sent nothing.
func (s *Session) TrySend(msg Message) error {
	if msg.Kind == Close {
		return s.Close(msg.Reason)
	}
	f := outbox.Frame{Data: msg.Data}
	if err := s.frame(&f, msg.Kind); err != nil {
		return err
	}
	if !f.Fragment() {
		return s.tryPut(&f)
	}
	c, err := s.checkFragment(&f)
	if err != nil {
		return err
	}
	err = s.tryPut(&f)
	s.more().fragments.done(c, err == nil)
	return err
}

// putCompressed queues a frame, compressed if that was negotiated.
func (s *Session) putCompressed(ctx context.Context, f *outbox.Frame) error {
	defer s.compression.prepare(f).Free()
	return s.putTraced(ctx, f)
}

// tryPut is putCompressed without waiting.
func (s *Session) tryPut(f *outbox.Frame) error {
	defer s.compression.prepare(f).Free()
	return s.sendError(s.out.TryPut((*outboxCallbacks)(s), f))
}

// putFragment checks a fragment and queues it.
//
//go:noinline
func (s *Session) putFragment(ctx context.Context, f *outbox.Frame) error {
	c, err := s.checkFragment(f)
	if err != nil {
		return err
	}
	err = s.putCompressed(ctx, f)
	s.more().fragments.done(c, err == nil)
	return err
}

// checkFragment checks a fragment of Continuation before it is queued. Unless it fails,
// fragments.done must be called.
func (s *Session) checkFragment(f *outbox.Frame) (checkedFragment, error) {
	c, err := s.more().fragments.check(f)
	if err != nil {
		err = s.fragmentError(err)
	}
	return c, err
}

// fragmentError returns the error of a send of a fragment that may not be sent. If
// nothing may be sent any more, it is the same as for every other send.
func (s *Session) fragmentError(err error) error {
	if refusal := s.out.Err(); refusal != nil {
		return s.sendError(refusal)
	}
	switch err {
	case frame.ErrNoMessageOpen:
		return errNoMessageOpen
	case frame.ErrInvalidUTF8:
		return errNotUTF8
	}
	return err
}

// frame completes the frame of a message of the given kind, whose Data is set. It
// returns an error if that may not be sent.
func (s *Session) frame(f *outbox.Frame, kind Kind) error {
	k := &kinds[0]
	if int(kind) < len(kinds) {
		k = &kinds[kind]
	}
	switch {
	case s.transport == nil: // not from Handle
		return ErrClosed
	case !k.sendable:
		return errKind(kind)
	case kind == Text && !utf8.Valid(f.Data):
		return errNotUTF8
	case k.opcode.Control() && len(f.Data) > frame.MaxControl:
		return errLongControl
	}
	f.Opcode, f.Fin, f.Batch = k.opcode, k.fin, s.batches()
	return nil
}

// batches reports whether what is sent now may be delayed: the application has more
// messages to receive, whose answers may be written together with it.
func (s *Session) batches() bool {
	if s.flags.has(hasMore) {
		return true
	}
	x := s.extra.Load()
	return x != nil && x.filled.Load().holdsMessages()
}

// answerPing queues the Pong that answers a Ping (RFC 6455 §5.5.3).
func (s *Session) answerPing(payload []byte) {
	s.out.PutPong((*outboxCallbacks)(s), payload, s.batches())
}

// readerWaits is called before the reader waits for the peer: what was delayed for
// its next message is written. received is what was received since it last waited.
func (s *Session) readerWaits(received outbox.Count) {
	s.out.Idle((*outboxCallbacks)(s), received)
}

// countReceived counts what was received since the reader last waited, if it does not
// wait again.
func (s *Session) countReceived(received outbox.Count) {
	s.out.Received((*outboxCallbacks)(s), received)
}

// sendError returns the error of a send whose frame the outbox did not accept. The
// outbox's error is nil if it did.
func (s *Session) sendError(err error) error {
	if err == nil {
		return nil
	}
	return s.refusalError(err)
}

// refusalError is sendError without the common case, so that that is inlined. If the
// session has ended since it was closed, its error says why.
//
//go:noinline
func (s *Session) refusalError(err error) error {
	switch {
	case err == outbox.ErrFull:
		return ErrBufferFull
	case closed(err):
		return s.orEnd(err)
	}
	return err
}

// orEnd returns the session's error if it has ended, and otherwise err, for a send or
// a receive that does not go on because of err.
func (s *Session) orEnd(err error) error {
	if cause := s.ended(); cause != nil {
		return closedBy(cause)
	}
	return err
}

// Context returns a context that is cancelled when the session has ended, just
// after Done is closed, with what Err returns as its cause (context.Cause). It is
// the same one each time, does not block, and is made when it is first asked for:
// a session that is not asked has none. Receiving and sending with it, or with one
// made from it, loses nothing: see Recv.
//
// It is not the request's context, which net/http cancels when the handler
// returns. With Upgrader.KeepRequestValues it carries that one's values.
func (s *Session) Context() context.Context {
	x := s.more()
	c := x.scope.Load()
	if c == nil {
		c = x.newScope()
	}
	if err := s.Err(); err != nil { // which end may be about to say
		c.cancel(err)
	}
	return c
}

// Subprotocol returns the subprotocol that was agreed on, "" for none.
func (s *Session) Subprotocol() string {
	if s.protocol == nil {
		return ""
	}
	return *s.protocol
}

// Buffered returns how many bytes, frame headers included, are queued and have
// not been taken by the operating system. It does not wait for the peer.
func (s *Session) Buffered() int { return s.out.Buffered() }

// Stats returns what the session has done. It has no Traffic without
// Upgrader.SessionStats. It does not wait for the peer and is safe for concurrent
// use.
func (s *Session) Stats() SessionStats {
	if s.transport == nil { // not from Handle
		return SessionStats{}
	}
	stats := SessionStats{Queued: s.out.Report((*outboxCallbacks)(s)), Latency: s.Latency()}
	if x := s.extra.Load(); x != nil && x.traffic != nil {
		stats.In, stats.Out = x.traffic.in.traffic(), x.traffic.out.traffic()
	}
	return stats
}

// RemoteAddr returns the address of the connection's other end, which behind a
// proxy is the proxy's. It stays the same after the end. It is nil for a Session
// that does not come from Handle.
func (s *Session) RemoteAddr() net.Addr {
	if s.transport == nil { // not from Handle
		return nil
	}
	return s.transport.RemoteAddr()
}
