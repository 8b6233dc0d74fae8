//go:build unix

package link

import (
	"io"
	"net"
	"os"
	"syscall"
)

// readSize is the room asked for one read: enough for a burst of small
// messages, small enough for a CPU's nearest cache. It is held for that moment
// only.
const readSize = 16 << 10

// socket is what *net.TCPConn and *net.UnixConn have in common.
type socket interface {
	net.Conn
	syscall.Conn
	CloseWrite() error
}

// polled reads and writes a socket's descriptor without blocking and waits in
// the runtime's poller. The callbacks and their arguments live in the struct
// so that no read or write allocates.
type polled struct {
	socket
	raw syscall.RawConn

	readOnce func(fd uintptr) bool
	place    Place
	readN    int
	readErr  error

	writeOnce func(fd uintptr) bool
	out       []byte
	wait      bool // rather than give up when nothing can be written
	wroteN    int
	wroteErr  error
}

func newPolled(s socket) Conn {
	raw, err := s.SyscallConn()
	if err != nil {
		return nil
	}
	c := &polled{socket: s, raw: raw}
	c.readOnce, c.writeOnce = c.tryRead, c.tryWrite
	return c
}

func (c *polled) Read(place Place) (int, error) {
	c.place = place
	err := c.raw.Read(c.readOnce)
	c.place = nil
	if err != nil {
		return 0, err
	}
	return c.readN, c.readErr
}

// tryRead runs inside RawConn.Read; false waits until the socket is readable.
func (c *polled) tryRead(fd uintptr) bool {
	n, err := retry(syscall.Read, int(fd), c.place.Space(readSize))
	switch {
	case err == syscall.EAGAIN:
		c.place.Waiting()
		return false
	case err != nil:
		err = c.failed("read", err)
	case n == 0:
		err = io.EOF
	}
	c.readN, c.readErr = n, err
	return true
}

func (c *polled) Abort() error { return c.Close() }

func (c *polled) TryWrite(p []byte) (int, error) { return c.write(p, false) }

func (c *polled) Write(p []byte) (int, error) { return c.write(p, true) }

func (c *polled) write(p []byte, wait bool) (int, error) {
	c.out, c.wait, c.wroteN, c.wroteErr = p, wait, 0, nil
	err := c.raw.Write(c.writeOnce)
	c.out = nil
	if err != nil {
		return c.wroteN, err
	}
	return c.wroteN, c.wroteErr
}

// tryWrite runs inside RawConn.Write; false waits until the socket is writable.
func (c *polled) tryWrite(fd uintptr) bool {
	for len(c.out) > 0 {
		n, err := retry(syscall.Write, int(fd), c.out)
		switch {
		case err == syscall.EAGAIN && c.wait:
			return c.wroteN > 0
		case err == syscall.EAGAIN:
			c.wroteErr = ErrWouldBlock
			return true
		case err != nil:
			c.wroteErr = c.failed("write", err)
			return true
		}
		c.wroteN += n
		c.out = c.out[n:]
	}
	return true
}

// failed dresses an errno as the net package would.
func (c *polled) failed(op string, err error) error {
	return &net.OpError{Op: op, Net: c.RemoteAddr().Network(), Source: c.LocalAddr(), Addr: c.RemoteAddr(),
		Err: os.NewSyscallError(op, err)}
}

// retry repeats a call that a signal interrupted.
func retry(call func(int, []byte) (int, error), fd int, p []byte) (int, error) {
	for {
		n, err := call(fd, p)
		if err != syscall.EINTR {
			return max(n, 0), err
		}
	}
}
