package ws

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/handset-go/handset/internal/outbox"
)

// Trace is a set of functions that are told what happens to an Upgrader's
// sessions, to log or to measure it, in the style of httptrace.ClientTrace. Any
// of them may be nil. They are called by whichever goroutine it happens to, also
// several at once, and must not block; they may call the session's methods.
type Trace struct {
	// HandshakeRefused is called when a client has been answered with an error.
	HandshakeRefused func(*http.Request, *HandshakeError)
	// SessionStart is called before Handle returns the session, and SessionEnd
	// when its connection is closed, just before Done, with what Err is going to
	// return: a *CloseError after a closing handshake, and ErrAbandoned if the
	// program had forgotten the session. A Trace that keeps sessions keeps them
	// from being found abandoned.
	SessionStart func(*Session)
	SessionEnd   func(*Session, error)
	// CloseSent and CloseReceived are called when a Close frame has been queued
	// or received.
	CloseSent     func(*Session, CloseReason)
	CloseReceived func(*Session, CloseReason)
	// ProtocolError is called when the peer has broken the protocol.
	ProtocolError func(*Session, *ProtocolError)
	// BackpressureBegin is called when a send has to wait, and BackpressureEnd
	// when it need not wait any more, with the time it did.
	BackpressureBegin func(*Session)
	BackpressureEnd   func(*Session, time.Duration)
	// HeartbeatAnswered is called when the Pong to one of the heartbeat's Pings
	// has been received, with the time that took, which is the session's Latency
	// from now on.
	HeartbeatAnswered func(*Session, time.Duration)
	// Unread is called when nobody has received from a session for both of the
	// heartbeat's times together, with the time since that was first noticed:
	// pings are not answered then, and only the heartbeat or a send that fails
	// notices that the peer has gone. A reader that is busy with a message for so long counts as nobody. It
	// is called once, and again only after somebody has received. With the
	// heartbeat off it is not called.
	Unread func(*Session, time.Duration)
	// SlowWrite is called when the peer has taken a second or more to take what
	// was queued for it, with the time.
	SlowWrite func(*Session, time.Duration)
}

// slowWrite is what is slow.
const slowWrite = time.Second

// untraced stands for no Trace.
var untraced Trace

// trace is the session's.
func (s *Session) trace() *Trace { return s.registry.settings.trace }

func (s *Session) traced() bool { return s.trace() != &untraced }

// putTraced queues a frame, and traces whether that takes waiting.
func (s *Session) putTraced(ctx context.Context, f *outbox.Frame) error {
	t := s.trace()
	err := s.out.TryPut((*outboxCallbacks)(s), f)
	if err != outbox.ErrFull {
		return s.sendError(err)
	}
	began := time.Now()
	if t.BackpressureBegin != nil {
		t.BackpressureBegin(s)
	}
	err = s.out.Put(ctx, (*outboxCallbacks)(s), f)
	if t.BackpressureEnd != nil {
		t.BackpressureEnd(s, time.Since(began))
	}
	return s.sendError(err)
}

// write writes what is queued, in the background.
func (s *Session) write() {
	began := time.Now()
	s.out.Run((*outboxCallbacks)(s))
	if ping := s.heartbeat.peer.Queued(); ping != nil {
		s.noteWritten(ping)
	}
	if took := time.Since(began); took >= slowWrite {
		if t := s.trace(); t.SlowWrite != nil {
			t.SlowWrite(s, took)
		}
	}
}

// LogTrace returns a Trace that logs to logger: refused handshakes, peers that
// break the protocol, slow writes, streams that nobody reads and sessions that
// the program has forgotten at LevelWarn; sessions that begin and end at
// LevelInfo; Close frames, sends that have to wait and answered heartbeats at
// LevelDebug. The line of a session's end says how long the session lasted; what
// ended it, as Stats.Ends names it, or which side closed it; what the Close frames
// said; and an error if there was no closing handshake. Without a Trace the
// library logs nothing. With a nil logger LogTrace returns nil, which is none.
// Functions of the Trace may be replaced before it is used.
func LogTrace(logger *slog.Logger) *Trace {
	if logger == nil {
		return nil
	}
	l := logTrace{logger}
	return &Trace{
		HandshakeRefused:  l.handshakeRefused,
		SessionStart:      func(s *Session) { l.log(slog.LevelInfo, s, "session begins") },
		SessionEnd:        l.sessionEnds,
		CloseSent:         func(s *Session, r CloseReason) { l.log(slog.LevelDebug, s, "close sent", closeAttrs(r)...) },
		CloseReceived:     func(s *Session, r CloseReason) { l.log(slog.LevelDebug, s, "close received", closeAttrs(r)...) },
		ProtocolError:     func(s *Session, err *ProtocolError) { l.log(slog.LevelWarn, s, "protocol error", slog.Any("err", err)) },
		BackpressureBegin: func(s *Session) { l.log(slog.LevelDebug, s, "send waits", slog.Int("queued", s.Buffered())) },
		BackpressureEnd: func(s *Session, took time.Duration) {
			l.log(slog.LevelDebug, s, "send waits no more", slog.Duration("took", took))
		},
		HeartbeatAnswered: func(s *Session, took time.Duration) {
			l.log(slog.LevelDebug, s, "heartbeat answered", slog.Duration("took", took))
		},
		Unread: func(s *Session, took time.Duration) {
			l.log(slog.LevelWarn, s, "nobody receives", slog.Duration("for", took))
		},
		SlowWrite: func(s *Session, took time.Duration) {
			l.log(slog.LevelWarn, s, "slow write", slog.Duration("took", took))
		},
	}
}

type logTrace struct{ *slog.Logger }

// log logs what happened to the session, which its peer's address tells from
// others.
func (l logTrace) log(level slog.Level, s *Session, what string, more ...slog.Attr) {
	ctx := context.Background()
	if l.Enabled(ctx, level) {
		l.LogAttrs(ctx, level, what, append([]slog.Attr{slog.Any("peer", s.RemoteAddr())}, more...)...)
	}
}

// sessionEnds logs a session's end.
func (l logTrace) sessionEnds(s *Session, err error) {
	level := slog.LevelInfo
	if err == ErrAbandoned {
		level = slog.LevelWarn
	}
	var attrs []slog.Attr
	if x := s.extra.Load(); x != nil && x.began != 0 {
		attrs = append(attrs, slog.Duration("duration", time.Since(epoch)-x.began))
	}
	end := endReason(err).String()
	if c, ok := err.(*CloseError); ok {
		end = "closed by the server"
		if c.ByPeer {
			end = "closed by the peer"
		}
	}
	attrs = append(attrs, slog.String("end", end))
	c, sent, received := s.closeFrames()
	if sent {
		attrs = append(attrs, slog.String("sent", c.Sent.text()))
	}
	if received {
		attrs = append(attrs, slog.String("received", c.Received.text()))
	}
	if !closed(err) {
		attrs = append(attrs, slog.Any("err", err))
	}
	l.log(level, s, "session ends", attrs...)
}

func closeAttrs(r CloseReason) []slog.Attr {
	return []slog.Attr{slog.String("code", r.Code.String()), slog.String("description", r.Description)}
}

func (l logTrace) handshakeRefused(r *http.Request, err *HandshakeError) {
	var peer string
	if r != nil {
		peer = r.RemoteAddr
	}
	l.LogAttrs(context.Background(), slog.LevelWarn, "handshake refused", slog.String("peer", peer), slog.Any("err", err))
}
