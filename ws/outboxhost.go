package ws

import (
	"github.com/handset-go/handset/internal/transport"
)

// outboxHost is a Session as its outbox sees it: what runs beside the caller, and
// what becomes of the session, is decided here.
type outboxHost Session

// StartWriter is called when the peer does not keep up.
func (h *outboxHost) StartWriter() {
	h.registry.writing.add((*Session)(h))
	go (*Session)(h).write()
}

// StartTimer is called when what is sent begins to gather.
func (h *outboxHost) StartTimer() { h.registry.gathering.add((*Session)(h)) }

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
