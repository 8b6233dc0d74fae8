package transport

import "crypto/tls"

// tlsConn is a Conn on a *tls.Conn. That keeps what it has decrypted until it is read. An
// idle connection therefore waits with a Read of a single byte, and holds no buffer for
// those that follow.
type tlsConn struct {
	blocking
	first [1]byte
	more  bool // more bytes can probably be read without waiting
}

func newTLS(conn *tls.Conn) *tlsConn { return &tlsConn{blocking: blocking{conn, idleRead}} }

func (c *tlsConn) Read(buffer ReadBuffer) (int, error) {
	if c.more {
		n, err := c.blocking.Read(buffer)
		c.more = c.readSize == busyRead
		return n, err
	}
	buffer.Release()
	n, err := c.Conn.Read(c.first[:])
	if n > 0 {
		c.more = true
		return copy(buffer.Space(c.readSize), c.first[:n]), nil
	}
	return 0, err
}
