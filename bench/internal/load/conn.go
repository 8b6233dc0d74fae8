package load

import (
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"
)

// conn is one connection: it plays a tape and checks the echoes.
type conn struct {
	fd     int
	tape   *Tape
	check  checker
	read   int    // bytes so far
	sent   int    // number of the next message to be handed to out
	queued int    // messages asked for and not in out yet
	out    []byte // what the kernel has not accepted yet, part of the tape
	rest   []byte // what came with the handshake
}

// dialConn opens a connection that starts its tape at message number first.
func dialConn(target Target, path string, tape *Tape, first int) (*conn, error) {
	fd, rest, err := dial(target, path, dialOptions{deflate: tape.deflate, protocol: tape.protocol})
	if err != nil {
		return nil, err
	}
	return newConn(fd, &conn{tape: tape, check: newChecker(tape, first), sent: first, rest: rest})
}

// newConn is a connection over fd, which it owns.
func newConn(fd int, c *conn) (*conn, error) {
	if err := unix.SetNonblock(fd, true); err != nil {
		abort(fd)
		return nil, fmt.Errorf("load: non-blocking: %w", err)
	}
	c.fd = fd
	return c, nil
}

// send plays n more messages, as far as the kernel takes them now.
func (c *conn) send(n int) error {
	c.queued += n
	return c.flush()
}

// flush writes what is left to write until the kernel takes no more.
func (c *conn) flush() error {
	for {
		if len(c.out) == 0 {
			n := min(c.queued, c.tape.count)
			if n == 0 {
				return nil
			}
			c.out = c.tape.Wire(c.sent, n)
			c.sent += n
			c.queued -= n
		}
		n, errno := rawWrite(c.fd, c.out)
		switch errno {
		case 0:
			c.out = c.out[n:]
		case unix.EAGAIN:
			return nil
		case unix.EINTR:
		default:
			return fmt.Errorf("load: write: %w", errno)
		}
	}
}

// receive reads and checks until the socket is empty, by way of buf, and says
// how many messages ended.
func (c *conn) receive(buf []byte) (messages int, err error) {
	if len(c.rest) > 0 {
		if messages, err = c.check.Feed(c.rest); err != nil {
			return messages, err
		}
		c.rest = nil
	}
	for {
		n, errno := rawRead(c.fd, buf)
		switch {
		case errno == unix.EAGAIN:
			return messages, nil
		case errno == unix.EINTR:
			continue
		case errno != 0:
			return messages, fmt.Errorf("load: read: %w", errno)
		case n == 0:
			return messages, ErrClosed
		}
		c.read += n
		ended, err := c.check.Feed(buf[:n])
		messages += ended
		// A short read has emptied the socket: the next byte gives a new edge.
		if err != nil || n < len(buf) {
			return messages, err
		}
	}
}

func (c *conn) close() { abort(c.fd) }

// rawRead and rawWrite do without the scheduler's book-keeping around a system
// call: these never block, and the load generator's own cost is what limits
// how fast a server can be measured.

func rawRead(fd int, b []byte) (int, unix.Errno) {
	n, _, errno := unix.RawSyscall(unix.SYS_READ, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(len(b)))
	return int(n), errno
}

func rawWrite(fd int, b []byte) (int, unix.Errno) {
	n, _, errno := unix.RawSyscall6(unix.SYS_SENDTO, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(len(b)),
		unix.MSG_NOSIGNAL, 0, 0)
	return int(n), errno
}
