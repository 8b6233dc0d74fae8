package ws

import (
	"context"
	"io"
	"net"
	"unicode/utf8"
	"unsafe"

	"github.com/handset-go/handset/internal/frame"
	"github.com/handset-go/handset/internal/outbox"
)

// Session is the half of a connection to speak into. All its methods are safe
// for any number of goroutines at once, and messages never mix.
//
// A send queues its message and returns. While the message's frame fits into
// Upgrader.SendBuffer it does not wait for the peer: on an idle session over
// TCP the message has been handed to the operating system before the send
// returns, and what that does not take is written in the background; over TLS,
// other wrapped connections, and on systems other than Unix, a goroutine writes
// it at once. While the stream holds messages that the application has not
// received yet, what is sent gathers, to leave in one write when the stream
// next waits for the network, when 64 KiB are together, or after a millisecond.
// What is sent on and on without waiting for the peer is written in the
// background too, as much at a time as has been queued meanwhile.
//
// When the queue is full a send waits until there is room, its context ends, or
// the session does. Data messages also wait for the end of a fragmented message
// that is open. A context is about that waiting alone: a send that returns its
// error has sent nothing, and one that has returned nil is not undone by it. A
// session whose peer takes nothing for Upgrader.WriteTimeout ends with
// ErrWriteTimeout.
//
// Bytes handed to a send are only read, and may be reused when it returns.
//
// A session lasts for as long as the program refers to one of its halves, or a
// goroutine is at work on it, such as those of Chan and Discard. One to which
// nobody refers, since its handler panicked or has returned, ends with
// ErrAbandoned when the garbage collector finds it. The channel of Done, the
// context of Context and Upgrader.Sessions do not refer to it. What the session
// refers to may: a function that context.AfterFunc is to call at the end of its
// context, and the values that Upgrader.KeepRequestValues keeps. If one of those
// refers to a half, the session is not found abandoned, and lasts until its peer
// closes or is found to be gone by the heartbeat. A program that
// only sends keeps its session by keeping the Session, but needs a reader all the
// same, for which MessageStream.Discard is there: without one no Ping is
// answered, the peer's Close is not noticed, and that the peer has gone only by
// the heartbeat or a send that fails.
//
// All methods of a Session or a stream that does not come from Handle, such as
// new(Session), do nothing: those that return an error return ErrClosed, but
// for Close, and Done is closed. A nil pointer panics as usual.
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

// Continuation sends a message in pieces: part is FirstText or FirstBinary,
// then any number of Continue, then Last. Until Last, other data messages wait,
// and so does another first part; control messages pass. Text is checked
// across pieces, which may end inside a character. Continue and Last without a
// first part are an error. It waits and fails as Send does; a first part also
// waits for the end of the goroutine's own message, if that is still open. One
// goroutine sends the pieces of a message, and none after a first part that
// failed: they would be taken for another goroutine's.
func (s *Session) Continuation(ctx context.Context, part Kind, data []byte) error {
	if int(part) >= len(kinds) || !kinds[part].piece {
		return errKind(part)
	}
	return s.Send(ctx, Message{Kind: part, Data: data})
}

// Send sends a message of any kind, such as one just received; a Ping goes out
// as a Ping, not as its answer. For Close it is s.Close(msg.Reason), whatever
// ctx.
//
// Send returns ctx's error if that has ended or ends while it waits, and
// ErrClosed when the session is closed; once it has ended, ErrClosed whatever
// ctx, with the reason. Text that is not UTF-8, a Ping or Pong
// of more than 125 bytes, a kind that cannot be sent and a nil context are
// errors too. On any error nothing was sent.
func (s *Session) Send(ctx context.Context, msg Message) error {
	if msg.Kind == Close {
		return s.Close(msg.Reason)
	}
	if ctx == nil {
		return errNilContext
	}
	if err := ctx.Err(); err != nil {
		return s.orEnd(err)
	}
	f := outbox.Frame{Data: msg.Data}
	if err := s.frame(&f, msg.Kind); err != nil {
		return err
	}
	if s.compression != nil || s.traced() {
		return s.putPacked(ctx, &f)
	}
	// From here and not deeper down: an idle reader's stack is all but full.
	if err := s.out.TryPut((*outboxHost)(s), &f); err != outbox.ErrFull {
		return s.sent(err)
	}
	return s.putWaiting(ctx, &f)
}

// putWaiting queues a frame that has found no room.
//
//go:noinline
func (s *Session) putWaiting(ctx context.Context, f *outbox.Frame) error {
	return s.sent(s.out.Put(ctx, (*outboxHost)(s), f))
}

// TrySend is Send without waiting: where Send would wait, for room or for the
// end of a fragmented message, it returns ErrBufferFull and has sent nothing.
func (s *Session) TrySend(msg Message) error {
	if msg.Kind == Close {
		return s.Close(msg.Reason)
	}
	f := outbox.Frame{Data: msg.Data}
	if err := s.frame(&f, msg.Kind); err != nil {
		return err
	}
	defer s.pack(&f).Free()
	return s.sent(s.out.TryPut((*outboxHost)(s), &f))
}

// frame makes a message of the given kind of the frame's Data, if that may be
// sent.
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
	f.Opcode, f.Fin, f.Gather = k.opcode, k.fin, s.gathers()
	if k.piece {
		f.Owner = &s.more().owner
	}
	return nil
}

// gathers reports whether the application still has messages to receive, whose
// answers may leave together with what is sent now.
func (s *Session) gathers() bool { return s.flags.has(hasMore) || s.extra.Load().pumps() }

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
	stats := SessionStats{Queued: s.out.Tell((*outboxHost)(s)), Latency: s.Latency()}
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

// Writer returns a writer for one message of the given kind, Text or Binary,
// that ends with the writer's Close. What is written is gathered: a message of
// up to 16 KiB leaves as one frame on Close, a longer one in fragments as it
// is written, and from the first fragment on other data messages wait for its
// end. The writer waits and fails as a send with ctx does, so that ctx must last
// until Close; a wrong kind is an error of Write and Close. It is not safe for
// use by several goroutines.
//
// Close must be called, and sends what was written as the whole message: do not
// defer it past an error after which the peer must not have the message. If a
// Write, or Close itself, fails after a fragment was sent, the message cannot be
// finished, and Close ends the session with CloseInternalError. A second Close
// returns an error and does nothing.
func (s *Session) Writer(ctx context.Context, kind Kind) io.WriteCloser {
	return &messageWriter{session: s, ctx: ctx, kind: kind}
}
