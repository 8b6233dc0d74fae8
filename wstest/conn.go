package wstest

import (
	"net"
	"time"
)

// conn is one end of a connection.
type conn struct {
	in, out       *flow
	local, remote net.Addr
}

// connect returns the two ends of a new connection.
func connect(clientAddr, serverAddr net.Addr) (client, server *conn) {
	up, down := newFlow(), newFlow()
	return &conn{down, up, clientAddr, serverAddr}, &conn{up, down, serverAddr, clientAddr}
}

func (c *conn) Read(p []byte) (int, error)  { return c.in.read(p) }
func (c *conn) Write(p []byte) (int, error) { return c.out.write(p) }

// Close ends both directions. The peer can still read what was written before.
func (c *conn) Close() error {
	c.in.closeRead()
	c.out.closeWrite()
	return nil
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
