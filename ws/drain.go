package ws

import (
	"context"
	"time"

	"github.com/handset-go/handset/internal/frame"
	"github.com/handset-go/handset/internal/message"
	"github.com/handset-go/handset/internal/transport"
)

// A connection that is closing is read on, in the background while the application
// does not read: up to the peer's Close frame after ours (RFC 6455 §7.1.2), up to
// the end when a write has failed, and up to the end without looking at it when the
// peer broke the protocol (§7.1.7).

// keepLimit is how much of what the peer sends before its Close frame is kept for a
// reader that may come back, in bytes.
const keepLimit = 64 << 10

// awayReader is how the application's reader stands to the stream while another one
// reads in the background.
type awayReader uint8

const (
	noReader   awayReader = iota // everything is discarded
	mayReturn                    // it may come back: all is discarded if there is more than is kept
	willReturn                   // it comes back: the peer waits if there is more than is kept
)

// readOn has what the peer sends before its Close frame be read in the background,
// unless somebody is reading.
func (m *MessageStream) readOn(a awayReader) {
	if !m.session().awaitsClose() {
		return
	}
	if h := m.in.lock.tryLockBackground(); h != nil {
		if h.before == loopBody {
			a = willReturn
		}
		go m.readToClose(h, a)
	}
}

// readOnAfter is readOn when a background reader has stopped for a reader that did
// not wait for that.
func (m *MessageStream) readOnAfter(stopping *lockHolder) {
	<-stopping.done
	m.readOn(mayReturn)
}

// readToClose reads what the peer sends before its Close frame, while nobody else
// does.
func (m *MessageStream) readToClose(h *lockHolder, a awayReader) {
	defer m.in.lock.unlockBackground(h)
	if a != noReader {
		full := m.keepToClose(h)
		m.clearContext()
		if !full || a == willReturn {
			return
		}
	}
	if h.discards() {
		m.discardToClose()
	}
}

// keepToClose reads ahead until the peer's Close frame has arrived, the session has
// ended, or the application's reader has come back; or there is more than is kept, or
// what breaks the protocol, which it reports.
func (m *MessageStream) keepToClose(h *lockHolder) (full bool) {
	m.in.detach()
	m.setContext(h.ctx)
	at := uint64(0)
	for h.ctx.Err() == nil && m.session().ended() == nil {
		reason, found, err := m.peekClose(&at)
		switch {
		case err != nil:
			return true
		case found:
			m.in.input.closeHandled = true
			m.session().closeReceived(reason)
			return false
		case m.in.input != nil && m.in.input.Held() >= keepLimit:
			return true
		}
		n, err := m.transport.Read((*readBuffer)(m))
		switch {
		case err == nil:
			m.in.input.Arrived(n)
		case h.ctx.Err() != nil: // and clearContext takes the deadline away
		case transport.IsTimeout(err):
			m.clearExternalDeadline(err)
		default:
			m.session().readEnded(err, lostBy(err))
			return false
		}
	}
	return false
}

// peekClose looks for the peer's Close frame in what has been read ahead. *at is
// message.Reader.PeekClose's.
func (m *MessageStream) peekClose(at *uint64) (reason CloseReason, found bool, err error) {
	if m.in.input == nil {
		return
	}
	e, found, err := m.in.input.PeekClose(at)
	return closeReason(&e), found, err
}

// discardToClose discards what the peer sends before its Close frame.
func (m *MessageStream) discardToClose() {
	m.in.detach()
	for {
		if err := m.recv(context.Background(), controlOnly{}); err != nil {
			return
		}
		if m.in.input.Event.Opcode == frame.Close {
			m.in.input.closePending = true
			return
		}
	}
}

// controlOnly is the view of a stream of which only control frames matter from now
// on. Nothing is inflated: no message is delivered any more that could refer to one
// that was discarded.
type controlOnly struct{}

func (controlOnly) next(r *message.Reader) (ok bool, err error) { return r.NextControl() }

// restLimit is how much is read of what a peer sent before a write failed, for a
// reader that may never come, in bytes.
const restLimit = 256 << 10

// readRest has what the peer sent before a write failed be read: by whoever is
// receiving, or in the background if nobody is.
func (m *MessageStream) readRest() {
	switch h := m.in.lock.tryLockBackground(); {
	case h == nil:
	case h.before == loopBody: // which reads next
		m.in.lock.unlockBackground(h)
	default:
		go m.keepRest(h)
	}
}

// keepRest reads what the peer sent, until the application's reader comes.
func (m *MessageStream) keepRest(h *lockHolder) {
	defer m.in.lock.unlockBackground(h)
	defer m.clearContext()
	m.in.detach()
	m.setContext(h.ctx)
	for rest := restLimit; rest > 0; {
		n, err := m.transport.Read((*readBuffer)(m))
		switch {
		case h.ctx.Err() != nil && transport.IsTimeout(err):
			return
		case err != nil:
			m.session().readEnded(err, lostBy(err))
			return
		}
		m.in.input.Arrived(n)
		rest -= n
	}
}

// rstAvoidanceDelay is how long a peer that broke the protocol may go on sending if
// its connection has no half-close. net/http has a delay of that name and length, for
// the same reason.
const rstAvoidanceDelay = 500 * time.Millisecond

// closeWriteAndWait ends our direction of the connection of a peer that broke the
// protocol, and discards what the peer still sends until it closes, so that our Close
// frame is not lost to a reset of the connection.
func (m *MessageStream) closeWriteAndWait() {
	if err := m.transport.CloseWrite(); err != nil {
		delay := min(m.registry.settings.closeTimeout, rstAvoidanceDelay)
		_ = m.transport.SetReadDeadline(time.Now().Add(delay))
	}
	unread := new(discardBuffer)
	for {
		if _, err := m.transport.Read(unread); err != nil {
			m.session().readEnded(err, err)
			return
		}
	}
}

// discardBuffer is a transport.ReadBuffer for bytes that nobody wants.
type discardBuffer struct{ space []byte }

// Space returns where the next read goes.
func (d *discardBuffer) Space(size int) []byte {
	if d.space == nil {
		d.space = make([]byte, size)
	}
	return d.space
}

// Release gives the space to the garbage collector.
func (d *discardBuffer) Release() { d.space = nil }
