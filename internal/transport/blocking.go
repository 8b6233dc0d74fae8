package transport

import (
	"errors"
	"io"
	"net"
	"time"
)

// maxBlockingWrite bounds one blocking Write, so that a slow peer's progress can
// be told from a stalled one's: a TLS record's worth.
const maxBlockingWrite = 16 << 10

// maxEmptyReads is how often a wrapper may answer a Read with nothing at all.
const maxEmptyReads = 100

// blocking is any net.Conn: a middleware's wrapper, net.Pipe. It can only block.
type blocking struct {
	net.Conn
	readSize int // the size to ask for next
}

// A Read that blocks holds its buffer, so an idle connection waits with a
// small one; what fills that is followed by reads of a large one.
const (
	idleRead = 1 << 10
	busyRead = 16 << 10
)

func newBlocking(conn net.Conn) *blocking { return &blocking{conn, idleRead} }

func (c *blocking) Read(buffer ReadBuffer) (int, error) {
	for range maxEmptyReads {
		space := buffer.Space(c.readSize)
		n, err := c.Conn.Read(space)
		c.readSize = idleRead
		if n == len(space) {
			c.readSize = busyRead
		}
		if n > 0 {
			return n, nil // an error with it comes again on the next Read
		}
		if err != nil {
			return 0, err
		}
	}
	return 0, io.ErrNoProgress
}

// Write reports what was taken before a deadline as progress: the peer is slow,
// not stalled.
func (c *blocking) Write(p *Slices, wait bool) (int, error) {
	if !wait {
		return 0, ErrWouldBlock
	}
	head := p.Head
	if len(head) == 0 {
		head = p.Body
	}
	head = head[:min(len(head), maxBlockingWrite)]
	n, err := c.Conn.Write(head)
	if err == nil || !IsTimeout(err) {
		return n, err
	}
	if n == 0 {
		_ = c.Conn.SetWriteDeadline(time.Now().Add(LastTry))
		n, _ = c.Conn.Write(head)
	}
	_ = c.Conn.SetWriteDeadline(time.Time{})
	if n > 0 {
		return n, nil
	}
	return 0, err
}

// LastTry is how long a write may go on that is made because of a deadline. A
// socket tells a writer that waits of room only when there is much of it.
const LastTry = 10 * time.Millisecond

// Delivery tells of the TCP connection that the conn runs on, if it shows it.
func (c *blocking) Delivery() (Delivery, bool) { return deliveryUnder(c.Conn) }

func (c *blocking) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return errors.ErrUnsupported
}

// Abort closes what is under TLS first: with that gone there is nobody to send
// an alert to, and nothing to wait for.
func (c *blocking) Abort() error {
	if over, ok := c.Conn.(interface{ NetConn() net.Conn }); ok {
		_ = over.NetConn().Close()
	}
	return c.Conn.Close()
}
