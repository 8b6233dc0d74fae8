package ws

import (
	"github.com/handset-go/handset/internal/transport"
)

// host is a Session as its outbox sees it: what runs beside the caller, and
// what becomes of the session, is decided here.
type host Session

// StartWriter is called when the peer does not keep up.
func (h *host) StartWriter() {
	h.fleet.writing.add((*Session)(h))
	go (*Session)(h).write()
}

// StartTimer is called when what is sent begins to gather.
func (h *host) StartTimer() { h.fleet.gathering.add((*Session)(h)) }

// WriteFailed is called when nothing will leave again.
func (h *host) WriteFailed(err error) {
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
func (h *host) Drained() { (*Session)(h).closeFlushed() }

// Conn is the transport.
func (h *host) Conn() transport.Conn { return h.conn }
