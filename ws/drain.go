package ws

import (
	"context"
	"time"

	"github.com/handset-go/handset/internal/buffer"
	"github.com/handset-go/handset/internal/frame"
	"github.com/handset-go/handset/internal/message"
	"github.com/handset-go/handset/internal/transport"
)

// While a connection is closing, it is still read, in the background while the application
// does not receive: until the peer's Close frame after ours (RFC 6455 §7.1.2), until the
// end after a write has failed, and until the end without interpreting what arrives
// after a protocol violation (§7.1.7) and, on a client, after the closing handshake.

// The background reader keeps up to closingLimit bytes of what the peer sends before its
// Close frame, and up to brokenLimit of what it has sent before a write failed. If it has
// stopped there, the session ends when the application has received what follows, and at
// the latest after CloseTimeout.
const (
	closingLimit = 64 << 10
	brokenLimit  = 256 << 10
)

// readOn starts a goroutine that reads what the peer sends before its Close frame, or has
// sent before a write failed, unless the stream has a reader. left means that the
// application may not receive again. Then everything before the Close frame is discarded if
// there is more than closingLimit; otherwise the peer waits.
func (m *MessageStream) readOn(left bool) {
	for m.session().readsOn() {
		h := m.in.lock.tryLockBackground()
		switch {
		case h == nil && (!left || m.in.lock.leave()):
			return
		case h == nil: // it has just been unlocked
		case !m.session().readsOn(): // the last reader has found the end meanwhile
			m.in.lock.unlockBackground(h)
		default:
			h.left.Store(left && h.before != loopBody)
			go m.readAhead(h)
			return
		}
	}
}

// readOnAfter calls readOn after a background reader has stopped. That reader was
// interrupted by a receive that did not wait until it stopped.
func (m *MessageStream) readOnAfter(stopping *lockHolder) {
	<-stopping.done
	m.readOn(true)
}

// readOnDelay is how long the application may take between two receives until the
// background reader starts: that costs more than a message, and a copy of what is held.
const readOnDelay = time.Millisecond

// readOnLater calls readOn after readOnDelay. It is called for each message, and sets one
// timer at a time.
func (m *MessageStream) readOnLater() {
	x := m.more()
	if x.readOnTimed.Load() || !x.readOnTimed.CompareAndSwap(false, true) {
		return
	}
	time.AfterFunc(readOnDelay, func() {
		x.readOnTimed.Store(false) // before readOn: a reader that leaves after that calls readOnLater
		m.readOn(false)
	})
}

// readAhead is the background reader. If the application has left, or a write has failed,
// since it was full, it starts again, with the rules for that.
func (m *MessageStream) readAhead(h *lockHolder) {
	full := m.keepOrDiscard(h)
	if full == closingLimit && (h.left.Load() || m.session().isWriteBroken()) {
		m.readOn(true)
	}
}

// keepOrDiscard is keep that discards everything if there is more than closingLimit and
// the application has left. It returns what keep has.
func (m *MessageStream) keepOrDiscard(h *lockHolder) (full int) {
	defer m.in.lock.unlockBackground(h)
	full = m.keep(h)
	m.clearContext()
	if full == closingLimit && h.left.Load() && h.discards() {
		m.discardToClose()
	}
	return full
}

// keep reads ahead until the peer's Close frame has arrived, nothing more can be read, or a
// receive interrupts it. It also stops, and returns the limit, if that many bytes are held,
// or, while the session is closing, if the peer has violated the protocol.
func (m *MessageStream) keep(h *lockHolder) (full int) {
	m.in.detach()
	m.setContext(h.ctx)
	at := uint64(0)
	for h.ctx.Err() == nil && m.session().ended() == nil {
		limit := closingLimit
		if m.session().isWriteBroken() {
			limit = brokenLimit
		}
		reason, found, err := m.peekClose(&at)
		switch {
		case err != nil && limit == closingLimit:
			return limit
		case found:
			m.closeFound(reason)
			return 0
		case m.in.input != nil && m.in.input.Held() >= limit:
			return limit
		}
		n, err := m.transport.Read((*readBuffer)(m))
		switch {
		case err == nil:
			m.in.input.Arrived(n)
		case h.ctx.Err() != nil: // clearContext removes the deadline
		case !transport.IsTimeout(err) || !m.clearExternalDeadline():
			m.session().readEnded(err, lostBy(err))
			return 0
		}
	}
	return 0
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
	defer unread.Release()
	for {
		if _, err := m.transport.Read(unread); err != nil {
			m.session().readEnded(err, err)
			return
		}
	}
}

// discardSize is about the largest buffer for input that is discarded, however much has
// arrived.
const discardSize = 16 << 10

// discardBuffer is a transport.ReadBuffer whose bytes are discarded.
type discardBuffer struct{ held *buffer.Buffer }

// Space returns the buffer for the next read.
func (d *discardBuffer) Space(size int) []byte {
	size = min(size, discardSize)
	if d.held != nil && cap(d.held.Bytes) < size {
		d.Release()
	}
	if d.held == nil {
		d.held = buffer.Get(size)
	}
	return d.held.Bytes[:cap(d.held.Bytes)]
}

// Release frees the buffer.
func (d *discardBuffer) Release() {
	d.held.Free()
	d.held = nil
}
