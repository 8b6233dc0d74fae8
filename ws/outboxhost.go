package ws

import (
	"time"

	"github.com/handset-go/handset/internal/outbox"
	"github.com/handset-go/handset/internal/transport"
)

// outboxHost is a Session as its outbox sees it: what runs beside the caller, and
// what becomes of the session, is decided here.
type outboxHost Session

// StartWriter is called when the peer does not keep up.
func (h *outboxHost) StartWriter() {
	h.registry.writes.add((*Session)(h), &h.writes)
	go (*Session)(h).write()
}

// StartTimer is called when what is sent begins to gather.
func (h *outboxHost) StartTimer() { h.registry.flushes.add(h) }

func (h *outboxHost) flush() { h.out.Flush(h) }

// progress, sinceTaken, tryLastWrite and writeTimedOut are for the timers: see
// sender.
func (s *Session) progress() progress {
	queued, taken := s.out.Queue()
	d, ok := s.transport.Delivery()
	return progress{acked: d.Acked, taken: taken, known: ok, queued: queued > 0, backlog: queued > 0 || d.Unacked > 0}
}

func (s *Session) sinceTaken() (ago time.Duration, ok bool) { return s.out.SinceTaken() }

func (s *Session) tryLastWrite() { _ = s.transport.SetWriteDeadline(longAgo) }

func (s *Session) writeTimedOut() { s.end(ErrWriteTimeout) }

// WriteFailed is called when nothing will leave again.
func (h *outboxHost) WriteFailed(err error) {
	switch s := (*Session)(h); {
	case !transport.IsTimeout(err):
		s.cutOff(lostBy(err))
	case s.isClosing():
		s.end(ErrCloseTimeout)
	default:
		s.end(ErrWriteTimeout)
	}
}

// Drained is called when all has left, our Close frame too if there was one.
func (h *outboxHost) Drained() { (*Session)(h).closeFlushed() }

// Conn is the transport.
func (h *outboxHost) Conn() transport.Conn { return h.transport }

// Count is called now and then, for all that the outbox has counted since.
func (h *outboxHost) Count(sent, received outbox.Count) {
	h.registry.traffic.add(sent, received)
	if x := h.extra.Load(); x != nil && x.traffic != nil {
		x.traffic.add(sent, received)
	}
}
