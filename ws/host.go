package ws

import (
	"errors"
	"os"
	"time"

	"github.com/handset-go/handset/internal/link"
)

// gatherTime is how long what is sent may gather.
const gatherTime = time.Millisecond

// host is a Session as its outbox sees it: what runs beside the caller, and
// what becomes of the session, is decided here.
type host Session

// StartWriter is called when the peer does not keep up.
func (h *host) StartWriter() { go (*Session)(h).write() }

// StartTimer is called when what is sent begins to gather.
func (h *host) StartTimer() {
	x := h.more()
	if timer := x.gathering.Load(); timer != nil {
		timer.Reset(gatherTime)
	} else {
		x.gathering.Store(time.AfterFunc(gatherTime, h.out.Flush))
	}
	if s := (*Session)(h); s.ended() != nil { // and has stopped the timer before
		s.stopGathering()
	}
}

// stopGathering leaves no timer behind at the end.
func (s *Session) stopGathering() {
	if x := s.extra.Load(); x != nil {
		if timer := x.gathering.Load(); timer != nil {
			timer.Stop()
		}
	}
}

// WriteFailed is called when nothing will leave again.
func (h *host) WriteFailed(err error) {
	cause := lostBy(err)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		cause = ErrWriteTimeout
	}
	(*Session)(h).end(cause)
}

// Drained is called when our Close frame has left.
func (h *host) Drained() { (*Session)(h).closeFlushed() }

// Conn is the transport.
func (h *host) Conn() link.Conn { return h.conn }
