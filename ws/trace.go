package ws

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/handset-go/handset/internal/clock"
	"github.com/handset-go/handset/internal/frame"
	"github.com/handset-go/handset/internal/outbox"
)

// A Trace is a set of functions that are called on events of the sessions of an
// Upgrader or a Dialer, in the style of httptrace.ClientTrace. Any of them may be nil.
// They are called on the goroutine on which the event occurs, also concurrently, and
// must not block. They may call methods of the session.
type Trace struct {
	// HandshakeRefused is called when Handle has refused a handshake. It is not
	// called for a Dialer, whose Dial returns the error. An
	// httptrace.ClientTrace in the context of Dial reports how it connects.
	HandshakeRefused func(*http.Request, *HandshakeError)
	// SessionStart is called before Handle or Dial returns the session. SessionEnd is
	// called when the connection has been closed, just before Done is closed,
	// with the error that Err then returns. A Trace that keeps references to
	// sessions prevents them from ending with ErrAbandoned.
	SessionStart func(*Session)
	SessionEnd   func(*Session, error)
	// CloseSent is called when our Close frame is queued, and CloseReceived
	// when the peer's has been received.
	CloseSent     func(*Session, CloseReason)
	CloseReceived func(*Session, CloseReason)
	// ProtocolError is called when the peer has violated the protocol or a
	// limit.
	ProtocolError func(*Session, *ProtocolError)
	// BackpressureBegin is called when a send has to wait, and BackpressureEnd
	// when it no longer waits, with the duration.
	BackpressureBegin func(*Session)
	BackpressureEnd   func(*Session, time.Duration)
	// HeartbeatAnswered is called when the Pong to a Ping of the heartbeat has
	// been received, with the round-trip time, which Session.Latency returns
	// from then on.
	HeartbeatAnswered func(*Session, time.Duration)
	// Unread is called when nothing has received from a session for
	// Heartbeat.Interval and Heartbeat.Timeout together, with the time since
	// that was first noticed. Pings are not answered then, and only the
	// heartbeat or a failing send notices a lost connection. A reader that
	// processes a message for that long counts as not receiving. Unread is
	// called again only after a receive. It is not called if the heartbeat is
	// disabled.
	Unread func(*Session, time.Duration)
	// SlowWrite is called when it has taken 1 s or more until all that was queued
	// had been written, or writing failed, with the duration. The peer is slow, or
	// the program sends without a pause.
	SlowWrite func(*Session, time.Duration)
}

// slowWrite is the duration from which Trace.SlowWrite is called.
const slowWrite = time.Second

// untraced is used if Options.Trace is nil.
var untraced Trace

// trace returns the Trace of the session, which is not nil.
func (s *Session) trace() *Trace { return s.registry.settings.trace }

func (s *Session) traced() bool { return s.trace() != &untraced }

// putTraced queues a frame, and traces whether it waits.
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

// write writes what is queued. It runs in its own goroutine.
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

// LogTrace returns a Trace that logs to logger, or nil if logger is nil. It logs at
// LevelWarn: handshakes that Handle refuses, protocol errors, slow writes, sessions that
// are not read, and sessions that end with ErrAbandoned. It logs at LevelInfo: the beginning
// of sessions and other ends. It logs at LevelDebug: Close frames, sends that wait,
// and heartbeats that are answered.
//
// The record of the end of a session has its duration, its EndReason or the side that
// closed it, the contents of the Close frames, and the error if there was no closing
// handshake. The program may replace functions of the Trace before the Trace is used.
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
			l.log(slog.LevelDebug, s, "send continues", slog.Duration("took", took))
		},
		HeartbeatAnswered: func(s *Session, took time.Duration) {
			l.log(slog.LevelDebug, s, "heartbeat answered", slog.Duration("took", took))
		},
		Unread: func(s *Session, took time.Duration) {
			l.log(slog.LevelWarn, s, "session is not read", slog.Duration("for", took))
		},
		SlowWrite: func(s *Session, took time.Duration) {
			l.log(slog.LevelWarn, s, "slow write", slog.Duration("took", took))
		},
	}
}

type logTrace struct{ *slog.Logger }

// log logs an event of a session, which is identified by the address of its peer.
func (l logTrace) log(level slog.Level, s *Session, what string, more ...slog.Attr) {
	ctx := context.Background()
	if l.Enabled(ctx, level) {
		l.LogAttrs(ctx, level, what, append([]slog.Attr{slog.Any("peer", s.RemoteAddr())}, more...)...)
	}
}

// sessionEnds logs the end of a session.
func (l logTrace) sessionEnds(s *Session, err error) {
	level := slog.LevelInfo
	if err == ErrAbandoned {
		level = slog.LevelWarn
	}
	var attrs []slog.Attr
	if x := s.extra.Load(); x != nil && x.began != 0 {
		attrs = append(attrs, slog.Duration("duration", time.Since(clock.Epoch)-x.began))
	}
	end := endReason(err).String()
	if c, ok := err.(*CloseError); ok {
		switch {
		case c.ByPeer:
			end = "closed by the peer"
		case s.registry.settings.side == frame.Client:
			end = "closed by the client"
		default:
			end = "closed by the server"
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
