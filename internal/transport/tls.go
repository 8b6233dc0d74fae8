package transport

import "crypto/tls"

// tlsConn is a *tls.Conn, which keeps what it has decrypted until it is asked
// for. So an idle one waits for a single byte, and holds no buffer for what
// comes behind it.
type tlsConn struct {
	blocking
	first [1]byte
	more  bool // is likely to be there without waiting
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
