package soak

import (
	"crypto/tls"
	"math/rand/v2"
	"net"
)

// A conn is the connection under a session. Its methods make it fail, without the
// library's knowledge.
type conn struct{ net.Conn }

// newConn returns the conn of a connection that may be over TLS.
func newConn(c net.Conn) *conn {
	if t, ok := c.(*tls.Conn); ok {
		c = t.NetConn()
	}
	if s, ok := c.(*slowConn); ok {
		c = s.Conn
	}
	return &conn{c}
}

// reset resets a TCP connection, and closes another.
func (c *conn) reset() {
	if t, ok := c.Conn.(*net.TCPConn); ok {
		_ = t.SetLinger(0)
	}
	_ = c.Close()
}

// closeWrite closes one direction.
func (c *conn) closeWrite() error {
	return c.Conn.(interface{ CloseWrite() error }).CloseWrite()
}

// shrink makes the buffers of the operating system small, so that a peer that does not
// read is noticed soon.
func (c *conn) shrink() {
	if b, ok := c.Conn.(interface {
		SetReadBuffer(int) error
		SetWriteBuffer(int) error
	}); ok {
		_ = b.SetReadBuffer(32 << 10)
		_ = b.SetWriteBuffer(16 << 10)
	}
}

// A slowConn returns few bytes from each read, and is not one of the types of net that the
// library reads without blocking.
type slowConn struct {
	net.Conn
	rng *rand.Rand // of the goroutine that reads
}

func (c *slowConn) Read(b []byte) (int, error) {
	return c.Conn.Read(b[:min(len(b), 1+c.rng.IntN(16)*c.rng.IntN(2))])
}
