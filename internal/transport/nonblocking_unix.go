//go:build unix

package transport

import (
	"io"
	"net"
	"os"
	"syscall"
)

// socket is a *net.TCPConn or a *net.UnixConn.
type socket interface {
	net.Conn
	syscall.Conn
	CloseWrite() error
}

// nonblocking reads and writes a socket's file descriptor without blocking, and waits in
// the runtime's poller. It is small, since every idle connection has one. An idle
// connection waits in Read, so the state of a read is part of it; that of a write is not.
type nonblocking struct {
	socket
	raw      syscall.RawConn
	readOnce func(fd uintptr) bool // of newReadOnce; a field, so that Read does not allocate
	buffer   ReadBuffer            // of the read in progress
	readN    int32
	errno    uint16   // the read's error, 0 if none
	readSize readSize // for the next Space
}

func newNonblocking(s socket) Conn {
	raw, err := s.SyscallConn()
	if err != nil {
		return nil
	}
	c := &nonblocking{socket: s, raw: raw}
	c.readOnce = c.newReadOnce()
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

// Delivery is not available for Unix sockets.
func (c *nonblocking) Delivery() (Delivery, bool) { return delivery(c.raw) }

// newReadOnce returns the function that RawConn.Read calls, which waits until the socket
// is readable if that returns false. It is not a method, which another function would have
// to call, and calls the buffer's methods itself, since they are the deepest calls of a
// receive (stack).
func (c *nonblocking) newReadOnce() func(fd uintptr) bool {
	return func(fd uintptr) bool {
		c.tryRead(fd, c.buffer.Space(c.size(fd)))
		if syscall.Errno(c.errno) == syscall.EAGAIN {
			c.buffer.Release()
			return false
		}
		return true
	}
}

// size returns the size of the buffer for the next read.
func (c *nonblocking) size(fd uintptr) int {
	size := c.readSize.size()
	if size == largeRead {
		size = max(size, arrived(int(fd)))
	}
	return size
}

// tryRead reads once, and sets readN and errno.
func (c *nonblocking) tryRead(fd uintptr, space []byte) {
	n, err := recv(fd, space)
	for err == syscall.EINTR {
		n, err = recv(fd, space)
	}
	if err != 0 {
		n = 0
	}
	if err != syscall.EAGAIN {
		c.readSize.adapt(int(n), len(space))
	}
	c.readN, c.errno = int32(n), uint16(err)
}

// result returns what Read returns for the result of the system call.
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

// failed returns the error that package net would return.
func (c *nonblocking) failed(op string, err error) error {
	return &net.OpError{Op: op, Net: c.RemoteAddr().Network(), Source: c.LocalAddr(), Addr: c.RemoteAddr(),
		Err: os.NewSyscallError(op, err)}
}
