package ws

import (
	"context"
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

func (u *Upgrader) trace() *Trace { return u.registry().settings.trace }

// refused counts and traces a handshake that has come to nothing.
func (u *Upgrader) refused(r *http.Request, err error) {
	u.registry().countRefusal()
	failure, ok := err.(*HandshakeError)
	if t := u.trace(); ok && t.HandshakeRefused != nil {
		t.HandshakeRefused(r, failure)
	}
}

// putTraced queues a frame, and traces whether that takes waiting.
func (s *Session) putTraced(ctx context.Context, f *outbox.Frame) error {
	t := s.trace()
	err := s.out.TryPut((*outboxHost)(s), f)
	if err != outbox.ErrFull {
		return s.sent(err)
	}
	began := time.Now()
	if t.BackpressureBegin != nil {
		t.BackpressureBegin(s)
	}
	err = s.out.Put(ctx, (*outboxHost)(s), f)
	if t.BackpressureEnd != nil {
		t.BackpressureEnd(s, time.Since(began))
	}
	return s.sent(err)
}

// write writes what is queued, in the background.
func (s *Session) write() {
	began := time.Now()
	s.out.Run((*outboxHost)(s))
	s.pingLeft()
	if took := time.Since(began); took >= slowWrite {
		if t := s.trace(); t.SlowWrite != nil {
			t.SlowWrite(s, took)
		}
	}
}
