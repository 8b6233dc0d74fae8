package ws

import (
	"context"
	"log/slog"
	"net/http"
	"time"
)

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
