//go:build unix

package link

import (
	"io"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
)

// A read is offered little room until what arrives fills it: the room is held
// for as long as the application works on what was read.
const (
	smallRead = 4 << 10
	largeRead = 64 << 10
)

// socket is what *net.TCPConn and *net.UnixConn have in common.
type socket interface {
	net.Conn
	syscall.Conn
	CloseRead() error
	CloseWrite() error
}

// polled reads and writes a socket's descriptor without blocking and waits in
// the runtime's poller. The callbacks and their arguments live in the struct
// so that no read or write allocates.
type polled struct {
	socket
	raw syscall.RawConn

	reading  sync.Mutex // one Read or Loop at a time
	readSize int        // the room to ask for next
	readOnce func(fd uintptr) bool
	place    Place
	each     func(n int, err error) bool // of Loop, nil for Read
	readN    int
	readErr  error
	inq      inq // of Loop

	writeOnce  func(fd uintptr) bool
	head, body []byte
	wait       bool // rather than give up when nothing can be written
	wroteN     int
	wroteErr   error

	// reads counts those of Loop, and wroteAt is what the count was when the
	// last write that succeeded began. If they are equal, the connection had
	// not been reset when the last read was made.
	reads, wroteAt atomic.Uint32

	closing sync.Mutex // guards the rest
	looping bool
	closed  bool // Close was called while looping
}

func newPolled(s socket) Conn {
	raw, err := s.SyscallConn()
	if err != nil {
		return nil
	}
	c := &polled{socket: s, raw: raw, readSize: smallRead}
	c.readOnce, c.writeOnce = c.tryRead, c.tryWrite
	return c
}

func (c *polled) Read(place Place) (int, error) {
	c.reading.Lock()
	c.place, c.readN = place, 0
	err := c.raw.Read(c.readOnce)
	if err == nil {
		err = c.readErr
	}
	n := c.readN
	c.place = nil
	c.reading.Unlock()
	return n, err
}

// tryRead runs inside RawConn.Read; false waits until the socket is readable.
func (c *polled) tryRead(fd uintptr) bool {
	space := c.place.Space(c.readSize)
	n, err := recv(int(fd), space)
	if err == syscall.EAGAIN {
		c.place.Waiting()
		return false
	}
	c.adapt(n, len(space))
	c.readN, c.readErr = c.result(n, err)
	return true
}

// adapt chooses the room for the next read by how much this one needed.
func (c *polled) adapt(n, room int) {
	switch {
	case n == room:
		c.readSize = min(4*c.readSize, largeRead)
	case n < c.readSize/8:
		c.readSize = max(c.readSize/4, smallRead)
	}
}

// result turns what a system call returned into what Read returns.
func (c *polled) result(n int, err error) (int, error) {
	if n > 0 {
		return n, nil
	}
	return 0, c.noResult(err)
}

//go:noinline
func (c *polled) noResult(err error) error {
	if err == nil {
		return io.EOF
	}
	return c.failed("read", err)
}

func (c *polled) Write(head, body []byte, wait bool) (int, error) {
	c.head, c.body, c.wait, c.wroteN, c.wroteErr = head, body, wait, 0, nil
	reads := c.reads.Load()
	err := c.raw.Write(c.writeOnce)
	c.head, c.body = nil, nil
	if c.wroteN > 0 {
		c.wroteAt.Store(reads)
	}
	if err != nil {
		return c.wroteN, err
	}
	return c.wroteN, c.wroteErr
}

// tryWrite runs inside RawConn.Write; false waits until the socket is writable.
func (c *polled) tryWrite(fd uintptr) bool {
	for len(c.head)+len(c.body) > 0 {
		n, err := c.sendSome(int(fd))
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
		c.advance(n)
	}
	return true
}

func (c *polled) sendSome(fd int) (int, error) {
	switch {
	case len(c.body) == 0:
		return send(fd, c.head)
	case len(c.head) == 0:
		return send(fd, c.body)
	default:
		return sendBoth(fd, c.head, c.body)
	}
}

// advance drops what has been written.
func (c *polled) advance(n int) {
	c.wroteN += n
	k := min(n, len(c.head))
	c.head = c.head[k:]
	c.body = c.body[n-k:]
}

// failed dresses an errno as the net package would.
func (c *polled) failed(op string, err error) error {
	return &net.OpError{Op: op, Net: c.RemoteAddr().Network(), Source: c.LocalAddr(), Addr: c.RemoteAddr(),
		Err: os.NewSyscallError(op, err)}
}
