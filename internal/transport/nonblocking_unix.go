//go:build unix

package transport

import (
	"io"
	"net"
	"os"
	"syscall"
)

// socket is what *net.TCPConn and *net.UnixConn have in common.
type socket interface {
	net.Conn
	syscall.Conn
	CloseWrite() error
}

// nonblocking reads and writes a socket's descriptor without blocking and waits in
// the runtime's poller. It is all that an idle connection keeps of this package,
// so it is small: what a read needs lives in it, since idle connections wait in
// a read, and what a write needs lives elsewhere.
type nonblocking struct {
	socket
	raw      syscall.RawConn
	readOnce func(fd uintptr) bool // a field so that no read allocates
	buffer   ReadBuffer            // of the read that is under way
	readN    int32
	errno    uint16   // what the read failed with, 0 at the end of the stream
	readSize readSize // to ask for next
}

func newNonblocking(s socket) Conn {
	raw, err := s.SyscallConn()
	if err != nil {
		return nil
	}
	c := &nonblocking{socket: s, raw: raw}
	c.readOnce = c.tryRead
	return c
}

func (c *nonblocking) Read(buffer ReadBuffer) (int, error) {
	c.buffer = buffer
	err := c.raw.Read(c.readOnce)
	c.buffer = nil
	if err != nil {
		return 0, err
	}
	return c.result(int(c.readN), syscall.Errno(c.errno))
}

// Abort is Close: a socket has no closing handshake of its own.
func (c *nonblocking) Abort() error { return c.Close() }

// Delivery tells of TCP only, not of Unix sockets.
func (c *nonblocking) Delivery() (Delivery, bool) { return delivery(c.raw) }

// tryRead runs inside RawConn.Read; false waits until the socket is readable.
func (c *nonblocking) tryRead(fd uintptr) bool {
	size := c.readSize.size()
	if size == largeRead {
		size = max(size, arrived(int(fd)))
	}
	space := c.buffer.Space(size)
	n, err := recv(fd, space)
	for err == syscall.EINTR {
		n, err = recv(fd, space)
	}
	if err == syscall.EAGAIN {
		c.buffer.Release()
		return false
	}
	if err != 0 {
		n = 0
	}
	c.readSize.adapt(int(n), len(space))
	c.readN, c.errno = int32(n), uint16(err)
	return true
}

// result turns what a system call returned into what Read returns.
func (c *nonblocking) result(n int, err syscall.Errno) (int, error) {
	if n > 0 {
		return n, nil
	}
	return 0, c.noResult(err)
}

//go:noinline
func (c *nonblocking) noResult(err syscall.Errno) error {
	if err == 0 {
		return io.EOF
	}
	return c.failed("read", err)
}

// failed dresses an errno as the net package would.
func (c *nonblocking) failed(op string, err error) error {
	return &net.OpError{Op: op, Net: c.RemoteAddr().Network(), Source: c.LocalAddr(), Addr: c.RemoteAddr(),
		Err: os.NewSyscallError(op, err)}
}
