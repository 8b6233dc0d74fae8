package link

import "crypto/tls"

// secure is a *tls.Conn, which keeps what it has decrypted until it is asked
// for. So an idle one waits for a single byte, and holds no buffer for what
// comes behind it.
type secure struct {
	plain
	first [1]byte
	more  bool // is likely to be there without waiting
}

func newSecure(conn *tls.Conn) *secure { return &secure{plain: plain{conn, idleRead}} }

func (c *secure) Read(place Place) (int, error) {
	if c.more {
		n, err := c.plain.Read(place)
		c.more = c.readSize == busyRead
		return n, err
	}
	place.Waiting()
	n, err := c.Conn.Read(c.first[:])
	if n > 0 {
		c.more = true
		return copy(place.Space(c.readSize), c.first[:n]), nil
	}
	return 0, err
}
