package ws

import (
	"context"
	"time"

	"github.com/handset-go/handset/internal/frame"
	"github.com/handset-go/handset/internal/message"
	"github.com/handset-go/handset/internal/transport"
)

// While a connection is closing, it is still read, in the background if the application
// does not receive: until the peer's Close frame after ours (RFC 6455 §7.1.2), until the
// end after a write has failed, and until the end without interpreting what arrives
// after a protocol violation (§7.1.7) and, on a client, after the closing handshake.

// keepLimit is the number of bytes that are kept for a reader that may return, of
// what the peer sends before its Close frame.
const keepLimit = 64 << 10

// awayReader says whether the application will receive again, while a goroutine reads
// in the background.
type awayReader uint8

const (
	mayReturn  awayReader = iota // it may: if there is more than keepLimit, everything is discarded
	willReturn                   // it will: if there is more than keepLimit, the peer waits
)

// readOn starts a goroutine that reads what the peer sends before its Close frame,
// unless the stream has a reader.
func (m *MessageStream) readOn(a awayReader) {
	if !m.session().awaitsClose() {
		return
	}
	h := m.in.lock.tryLockBackground()
	switch {
	case h == nil:
	case !m.session().awaitsClose(): // the last reader has received the peer's Close frame meanwhile
		m.in.lock.unlockBackground(h)
	case h.before == loopBody:
		go m.readToClose(h, willReturn)
	default:
		go m.readToClose(h, a)
	}
}

// readOnAfter calls readOn after a background reader has stopped. That reader was
// interrupted by a receive that did not wait until it stopped.
func (m *MessageStream) readOnAfter(stopping *lockHolder) {
	<-stopping.done
	m.readOn(mayReturn)
}

// readToClose reads until the peer's Close frame, or until a receive interrupts it.
func (m *MessageStream) readToClose(h *lockHolder, a awayReader) {
	defer m.in.lock.unlockBackground(h)
	full := m.keepToClose(h)
	m.clearContext()
	if full && a == mayReturn && h.discards() {
		m.discardToClose()
	}
}

// keepToClose reads ahead until the peer's Close frame has arrived, the session has
// ended, or a receive interrupts it. It also stops, and reports full, if more than
// keepLimit bytes or a protocol violation have arrived.
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
			m.closeFound(reason)
			return false
		case m.in.input != nil && m.in.input.Held() >= keepLimit:
			return true
		}
		n, err := m.transport.Read((*readBuffer)(m))
		switch {
		case err == nil:
			m.in.input.Arrived(n)
		case h.ctx.Err() != nil: // clearContext removes the deadline
		case transport.IsTimeout(err):
			m.clearExternalDeadline(err)
		default:
			m.session().readEnded(err, lostBy(err))
			return false
		}
	}
	return false
}

// peekClose looks for the peer's Close frame in what has been read ahead. The
// argument at is that of message.Reader.PeekClose.
func (m *MessageStream) peekClose(at *uint64) (reason CloseReason, found bool, err error) {
	if m.in.input == nil {
		return
	}
	e, found, err := m.in.input.PeekClose(at)
	return closeReason(&e), found, err
}

// closeFound handles the peer's Close frame before it is received.
func (m *MessageStream) closeFound(reason CloseReason) {
	m.in.input.closeHandled = true
	m.session().closeReceived(reason)
}

// findClose looks for the peer's Close frame in what had arrived when the session ended
// and has not been received, for firstReason.
func (m *MessageStream) findClose() {
	h := m.in.lock.tryLockBackground()
	if h == nil { // the reader finds it
		return
	}
	defer m.in.lock.unlockBackground(h)
	at := uint64(0)
	if reason, found, _ := m.peekClose(&at); found && !m.in.input.closeHandled {
		m.closeFound(reason)
	}
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

// controlOnly is the view of a stream whose data messages are discarded. It does not
// decompress them: no later message is delivered, so none refers to them.
type controlOnly struct{}

func (controlOnly) next(r *message.Reader) (ok bool, err error) { return r.NextControl() }

// restLimit is the number of bytes that are kept for a reader, of what the peer has
// sent before a write failed.
const restLimit = 256 << 10

// readRest starts a goroutine that reads what the peer has sent before a write
// failed, unless the stream has a reader.
func (m *MessageStream) readRest() {
	switch h := m.in.lock.tryLockBackground(); {
	case h == nil:
	case h.before == loopBody: // the loop reads it
		m.in.lock.unlockBackground(h)
	default:
		go m.keepRest(h)
	}
}

// keepRest reads what the peer has sent, until its Close frame, which ends the session, or
// until a receive interrupts it.
func (m *MessageStream) keepRest(h *lockHolder) {
	defer m.in.lock.unlockBackground(h)
	defer m.clearContext()
	m.in.detach()
	m.setContext(h.ctx)
	at := uint64(0)
	for rest := restLimit; rest > 0; {
		if reason, found, _ := m.peekClose(&at); found {
			m.closeFound(reason)
			return
		}
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

// readToEOF reads and drops what the server still sends after the closing handshake,
// until it closes the connection (RFC 6455 §7.1.1). Its Close frame has arrived, so
// the stream reads no more.
func (m *MessageStream) readToEOF() {
	m.clearContext()
	m.discardInput(time.Time{})
}

// rstAvoidanceDelay is how long input is discarded if the connection cannot be closed
// for writing only. net/http has a delay of the same name, length and purpose.
const rstAvoidanceDelay = 500 * time.Millisecond

// closeWriteAndWait closes the connection for writing, after the peer has violated
// the protocol. It then discards what the peer still sends until it closes: otherwise
// closing would reset the connection, and our Close frame might be lost.
func (m *MessageStream) closeWriteAndWait() {
	var deadline time.Time // none, instead of one set for MessageTimeout
	if err := m.transport.CloseWrite(); err != nil {
		deadline = time.Now().Add(min(m.registry.settings.closeTimeout, rstAvoidanceDelay))
	}
	m.discardInput(deadline)
}

// discardInput reads and drops what the peer sends until the connection ends.
func (m *MessageStream) discardInput(deadline time.Time) {
	_ = m.transport.SetReadDeadline(deadline)
	unread := new(discardBuffer)
	for {
		if _, err := m.transport.Read(unread); err != nil {
			m.session().readEnded(err, err)
			return
		}
	}
}

// discardBuffer is a transport.ReadBuffer whose bytes are discarded.
type discardBuffer struct{ space []byte }

// Space returns the buffer for the next read.
func (d *discardBuffer) Space(size int) []byte {
	if d.space == nil {
		d.space = make([]byte, size)
	}
	return d.space
}

// Release frees the buffer.
func (d *discardBuffer) Release() { d.space = nil }
