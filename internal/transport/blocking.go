package transport

import (
	"errors"
	"io"
	"net"
	"time"
)

// maxBlockingWrite is the number of bytes that one blocking Write writes at most, so that
// the progress of a slow peer is noticed. It is the size of a TLS record.
const maxBlockingWrite = 16 << 10

// maxEmptyReads is the number of times in a row that Read may return no bytes and no
// error.
const maxEmptyReads = 100

// blocking is a Conn on any net.Conn, such as a middleware's wrapper or net.Pipe.
type blocking struct {
	net.Conn
	readSize int // the size for the next Space
}

// A Read that blocks holds its buffer, so an idle connection waits with a small one. If a
// read fills its buffer, the next one gets a large one.
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
			return n, nil // an error that came with them comes again with the next Read
		}
		if err != nil {
			return 0, err
		}
	}
	return 0, io.ErrNoProgress
}

// Write returns no error at a deadline if any bytes were written: the peer is slow, but
// it does take bytes.
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

// LastTry is how long the Write may take that is tried at a deadline. It is tried because
// a socket becomes writable only when much of its buffer is free.
const LastTry = 10 * time.Millisecond

// Delivery is about the TCP connection that the net.Conn runs on.
func (c *blocking) Delivery() (Delivery, bool) { return deliveryUnder(c.Conn) }

func (c *blocking) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return errors.ErrUnsupported
}

// Abort closes the connection under TLS first, so that the Close of TLS cannot wait to
// send an alert.
func (c *blocking) Abort() error {
	if over, ok := c.Conn.(interface{ NetConn() net.Conn }); ok {
		_ = over.NetConn().Close()
	}
	return c.Conn.Close()
}
