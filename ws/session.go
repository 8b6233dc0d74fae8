package ws

import (
	"context"
	"net"
	"unicode/utf8"
	"unsafe"

	"github.com/handset-go/handset/internal/frame"
	"github.com/handset-go/handset/internal/outbox"
)

// A Session is the sending half of a connection. All its methods are safe for
// concurrent use. Messages never interleave.
//
// A send adds its message to the send queue and returns. It does not wait for the
// peer while the frame fits into Options.SendBuffer. On an idle session over TCP,
// the message is passed to the operating system before the send returns, and a
// goroutine writes what the operating system does not accept at once. Over TLS and
// other connections, and on systems other than Unix, a goroutine writes all of it.
// While the stream holds further messages that have arrived, sends are batched: they
// leave in one write when the stream next waits for the network, when 64 KiB are
// queued, or after 1 ms. Messages that are sent in quick succession are also written
// by a goroutine, in batches.
//
// When the queue is full, a send waits until there is space, its context ends, or the
// session ends. Data messages also wait while a fragmented message is open. The
// context applies only to this waiting: a send that returns the context's error has
// sent nothing, and a message that has been queued is sent even if the context ends
// later. A session whose peer accepts no data for Options.WriteTimeout ends with
// ErrWriteTimeout.
//
// A send does not modify the bytes that are passed to it, and does not keep them
// after it has returned.
//
// A session exists as long as the program references one of its halves, Chan fills
// a channel from it, or a goroutine works on it, such as that of Discard. If neither
// half is referenced any more, for example because its handler panicked, the session ends
// with ErrAbandoned when the garbage collector finds it, which takes three or four of
// its cycles. The channel of Done and the context of Context do not reference the
// session, nor do Upgrader.Sessions and Dialer.Sessions, except during a loop. The
// session itself references the functions that context.AfterFunc registers on its
// context and the values of Upgrader.KeepRequestValues. If one of these references a
// half, the session does not end with ErrAbandoned, but when its peer closes it or is
// found gone by the heartbeat.
//
// A program that only sends keeps the Session and calls MessageStream.Discard.
// Without a reader, pings are not answered, the peer's Close frame is not noticed,
// and a lost connection is noticed only by the heartbeat or by a send that fails.
//
// The methods of a Session or MessageStream that does not come from Handle or Dial, such
// as new(Session), do nothing. Sends and receives return ErrClosed, Close returns nil,
// and Done is closed.
type Session struct{ conn }

// Text sends a text message, which must be UTF-8 (RFC 6455 §5.6). It blocks and
// fails as Send does.
func (s *Session) Text(ctx context.Context, text string) error {
	return s.TextBytes(ctx, unsafe.Slice(unsafe.StringData(text), len(text)))
}

// TextBytes is like Text for a []byte.
func (s *Session) TextBytes(ctx context.Context, text []byte) error {
	return s.Send(ctx, Message{Kind: Text, Data: text})
}

// Binary sends a binary message. It blocks and fails as Send does.
func (s *Session) Binary(ctx context.Context, data []byte) error {
	return s.Send(ctx, Message{Kind: Binary, Data: data})
}

// Ping sends a Ping with a payload of at most 125 bytes (RFC 6455 §5.5.2). The
// stream delivers the peer's Pong. Like Pong and Close, it does not wait while
// a fragmented message is open (§5.4). Otherwise it blocks and fails as Send
// does.
func (s *Session) Ping(ctx context.Context, payload []byte) error {
	return s.Send(ctx, Message{Kind: Ping, Data: payload})
}

// Pong sends a Pong with a payload of at most 125 bytes (RFC 6455 §5.5.3). The
// library answers pings itself, unless Options.ManualPong is set. It blocks
// and fails as Send does.
func (s *Session) Pong(ctx context.Context, payload []byte) error {
	return s.Send(ctx, Message{Kind: Pong, Data: payload})
}

// Continuation sends a fragment of a message: part is FirstText or FirstBinary,
// then any number of Continue, then Last. Until Last, other data messages wait,
// and so does another first fragment; control messages do not. Text is
// validated across fragments, which may end inside a character. Continue or
// Last without a first fragment is an error. Continuation blocks and fails as
// Send does.
//
// All fragments of a message must be sent by one goroutine. If the first
// fragment fails, do not send the others: they would be appended to whichever
// message is open.
func (s *Session) Continuation(ctx context.Context, part Kind, data []byte) error {
	if int(part) >= len(kinds) || !kinds[part].fragment {
		return errKind(part)
	}
	return s.Send(ctx, Message{Kind: part, Data: data})
}

// Send sends a message of any kind, such as a message just received. Send does
// not turn a received Ping into a Pong. A Close message is the same as
// s.Close(msg.Reason) and ignores ctx.
//
// Send waits while the queue is full, or while a fragmented message is open. It
// returns ctx's error if ctx has ended or ends while it waits, and ErrClosed,
// by errors.Is, if the session is closed. After the session has ended the error
// is ErrClosed, whatever ctx, and wraps the reason. It is also an error if text
// is not UTF-8, if a Ping or Pong has more than 125 bytes, if a message of that
// kind cannot be sent, or if ctx is nil. If Send returns an error, nothing has
// been sent.
func (s *Session) Send(ctx context.Context, msg Message) error {
	if msg.Kind == Close {
		return s.Close(msg.Reason)
	}
	do, err := s.enqueue(ctx, &msg)
	if err != nil {
		return err
	}
	s.out.Perform((*outboxCallbacks)(s), do) // now that enqueue has left the stack
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

// TrySend is like Send but does not wait: if Send would wait, TrySend returns
// ErrBufferFull and sends nothing.
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

// putCompressed queues a frame, compressed if compression was negotiated.
func (s *Session) putCompressed(ctx context.Context, f *outbox.Frame) error {
	defer s.compression.prepare(f).Free()
	return s.putTraced(ctx, f)
}

// tryPut is putCompressed without waiting.
func (s *Session) tryPut(f *outbox.Frame) error {
	defer s.compression.prepare(f).Free()
	return s.sendError(s.out.TryPut((*outboxCallbacks)(s), f))
}

// putFragment validates a fragment and queues it.
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

// checkFragment validates a fragment before it is queued. If it returns no error,
// fragments.done must be called afterwards.
func (s *Session) checkFragment(f *outbox.Frame) (checkedFragment, error) {
	c, err := s.more().fragments.check(f)
	if err != nil {
		err = s.fragmentError(err)
	}
	return c, err
}

// fragmentError returns the error of a send whose fragment is invalid. After Close it
// is the same as for other sends.
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

// frame completes f, whose Data is set, for a message of the given kind. It returns
// an error if the message cannot be sent.
func (s *Session) frame(f *outbox.Frame, kind Kind) error {
	k := &kinds[0]
	if int(kind) < len(kinds) {
		k = &kinds[kind]
	}
	switch {
	case s.transport == nil: // not from Handle or Dial
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

// batches reports whether a write may be delayed: the application has more messages
// to receive, and what it sends for them may be written together with it.
func (s *Session) batches() bool {
	return s.flags.has(hasMore) || s.filledChannel().holdsMessages()
}

// filledChannel returns the channel of Chan that is filled, or nil.
func (s *Session) filledChannel() *messageChannel {
	if x := s.extra.Load(); x != nil {
		return x.filled.Load()
	}
	return nil
}

// answerPing queues the Pong that answers a Ping (RFC 6455 §5.5.3).
func (s *Session) answerPing(payload []byte) {
	s.out.Perform((*outboxCallbacks)(s), s.out.EnqueuePong(payload, s.batches()))
}

// readerWaits is called before the reader waits for the network. It writes what was
// batched, unless the channel of Chan holds messages: what the application sends for the
// last of them is then written together with it. received is what was received since the
// last wait.
func (s *Session) readerWaits(received outbox.Count) {
	s.out.Idle((*outboxCallbacks)(s), received, s.filledChannel().holdsMessages())
}

// countReceived counts what was received since the last wait, if the reader does not
// wait again.
func (s *Session) countReceived(received outbox.Count) {
	s.out.Received((*outboxCallbacks)(s), received)
}

// sendError returns the error of a send for the outbox's error, which may be nil.
func (s *Session) sendError(err error) error {
	if err == nil {
		return nil
	}
	return s.refusalError(err)
}

// refusalError is sendError for an error that is not nil. It is separate so that
// sendError is inlined. If the session was closed and has ended since, it returns the
// error of the session.
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

// orEnd returns the error of sends on a session that has ended, or err if it has not.
func (s *Session) orEnd(err error) error {
	if cause := s.ended(); cause != nil {
		return closedBy(cause)
	}
	return err
}

// Context returns a context that is cancelled when the session has ended, just
// after Done is closed. Its cause (context.Cause) is what Err returns. Context
// returns the same context each time and does not block. Receiving and sending
// with it, or with a context derived from it, loses nothing: see
// MessageStream.Recv.
//
// On a server, it is not the request's context, which net/http cancels when the
// handler returns. With Upgrader.KeepRequestValues it carries the values of the
// request's context. On a client, it is not the context of Dial.
func (s *Session) Context() context.Context {
	x := s.more()
	c := x.context.Load()
	if c == nil {
		c = x.newContext()
	}
	if err := s.Err(); err != nil { // disconnect may not have cancelled the context yet
		c.cancel(err)
	}
	return c
}

// Subprotocol returns the subprotocol that the server has selected, or "" if there is
// none.
func (s *Session) Subprotocol() string {
	if s.protocol == nil {
		return ""
	}
	return *s.protocol
}

// Buffered returns the number of bytes in the send queue, including frame
// headers, that the operating system has not accepted yet. It does not wait for
// the peer.
//
// After the session has ended, it returns the number of bytes that were still in
// the queue and have been dropped. Control frames that the library has sent are
// included. The number is final once Done is closed, unless a write is still
// returning; then it may decrease once more. Zero means that the operating system
// has accepted all that was sent, as after a closing handshake, but not that the
// peer has received it. A send that returned an error is not included, because it
// has sent nothing.
func (s *Session) Buffered() int { return s.out.Buffered() }

// Stats returns the statistics of the session. In and Out are zero unless
// Options.SessionStats is set. It does not wait for the peer.
func (s *Session) Stats() SessionStats {
	if s.transport == nil { // not from Handle or Dial
		return SessionStats{}
	}
	stats := SessionStats{Queued: s.out.Report((*outboxCallbacks)(s)), Latency: s.Latency()}
	if x := s.extra.Load(); x != nil && x.traffic != nil {
		stats.In, stats.Out = x.traffic.in.traffic(), x.traffic.out.traffic()
	}
	return stats
}

// RemoteAddr returns the address of the other end of the connection, which may
// be a proxy. It stays the same after the session has ended. It returns nil for
// a Session that does not come from Handle or Dial.
func (s *Session) RemoteAddr() net.Addr {
	if s.transport == nil { // not from Handle or Dial
		return nil
	}
	return s.transport.RemoteAddr()
}
