package ws

import (
	"github.com/handset-go/handset/internal/link"
)

// host is a Session as its outbox sees it: what runs beside the caller, and
// what becomes of the session, is decided here.
type host Session

// StartWriter is called when the peer does not keep up.
func (h *host) StartWriter() { go (*Session)(h).write() }

// StartTimer is called when what is sent begins to gather.
func (h *host) StartTimer() { h.fleet.gathering.add((*Session)(h)) }

// WriteFailed is called when nothing will leave again.
func (h *host) WriteFailed(err error) {
	cause := lostBy(err)
	if link.IsTimeout(err) {
		cause = ErrWriteTimeout
	}
	(*Session)(h).end(cause)
}

// Drained is called when our Close frame has left.
func (h *host) Drained() { (*Session)(h).closeFlushed() }

// Conn is the transport.
func (h *host) Conn() link.Conn { return h.conn }
