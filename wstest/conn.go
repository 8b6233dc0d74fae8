package wstest

import (
	"net"
	"time"
)

// conn is one end of a connection.
type conn struct {
	in, out       *flow
	local, remote net.Addr
	of            *connection
}

func (c *conn) Read(p []byte) (int, error)  { return c.in.read(p) }
func (c *conn) Write(p []byte) (int, error) { return c.out.write(p) }

// Close ends both directions. The peer can still read what was written before.
func (c *conn) Close() error {
	c.in.closeRead()
	c.out.closeWrite()
	c.of.network.closed(c.of)
	return nil
}

// reset resets the connection.
func (c *conn) reset() {
	c.in.breakOff()
	c.out.breakOff()
}

// CloseWrite ends the outgoing direction.
func (c *conn) CloseWrite() error {
	c.out.closeWrite()
	return nil
}

func (c *conn) LocalAddr() net.Addr  { return c.local }
func (c *conn) RemoteAddr() net.Addr { return c.remote }

func (c *conn) SetDeadline(t time.Time) error {
	_ = c.SetReadDeadline(t)
	return c.SetWriteDeadline(t)
}

func (c *conn) SetReadDeadline(t time.Time) error  { return c.in.setDeadline(&c.in.reading, t) }
func (c *conn) SetWriteDeadline(t time.Time) error { return c.out.setDeadline(&c.out.writing, t) }
