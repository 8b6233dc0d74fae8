//go:build unix

package transport

import (
	"sync"
	"syscall"
	"time"
)

// write is a Write that is under way. It is pooled, with its callbacks, so that
// a connection that is not being written has none and a Write does not allocate.
type write struct {
	conn       *nonblocking
	head, body []byte
	wait       bool // rather than give up when nothing can be written
	n          int
	err        error

	untilReady func(fd uintptr) bool // for RawConn.Write
	once       func(fd uintptr)      // for RawConn.Control
}

var writes = sync.Pool{New: func() any {
	w := new(write)
	w.untilReady = w.some
	w.once = func(fd uintptr) { w.some(fd) }
	return w
}}

// Write that does not wait is made within RawConn.Control, which knows no
// deadlines and takes less of the stack: an idle session's is what its deepest
// call has needed.
func (c *nonblocking) Write(p *Slices, wait bool) (int, error) {
	w := writes.Get().(*write)
	w.conn, w.head, w.body, w.wait = c, p.Head, p.Body, wait
	if !wait {
		return w.end(c.raw.Control(w.once))
	}
	err := c.raw.Write(w.untilReady)
	if err != nil && IsTimeout(err) {
		err = w.lastTry(err)
	}
	return w.end(err)
}

// end gives the write back and returns what has come of it.
//
//go:noinline
func (w *write) end(err error) (int, error) {
	n := w.n
	if err == nil {
		err = w.err
	}
	*w = write{untilReady: w.untilReady, once: w.once}
	writes.Put(w)
	return n, err
}

// lastTry writes, at a deadline, what there is room for: a socket tells a writer
// that waits of room only when there is much of it.
func (w *write) lastTry(deadline error) error {
	_ = w.conn.SetWriteDeadline(time.Time{})
	w.wait = false
	err := w.conn.raw.Control(w.once)
	if err == nil && w.err == ErrWouldBlock {
		if w.err = nil; w.n == 0 {
			return deadline
		}
	}
	return err
}

// some writes all of it, or as much as it can; false asks to be called again when
// the socket is writable.
func (w *write) some(fd uintptr) bool {
	for {
		var n uintptr
		var err syscall.Errno
		switch {
		case len(w.head) > 0 && len(w.body) > 0:
			n, err = sendBoth(fd, w.head, w.body)
		case len(w.head) > 0:
			n, err = send(fd, w.head)
		case len(w.body) > 0:
			n, err = send(fd, w.body)
		default:
			return true
		}
		switch err {
		case 0:
			w.advance(int(n))
		case syscall.EINTR:
		default:
			return w.stopped(err)
		}
	}
}

// stopped reports whether to give up, rather than to wait.
func (w *write) stopped(err syscall.Errno) bool {
	switch {
	case err != syscall.EAGAIN:
		w.err = w.conn.failed("write", err)
	case w.wait:
		return w.n > 0
	default:
		w.err = ErrWouldBlock
	}
	return true
}

// advance drops what has been written.
func (w *write) advance(n int) {
	w.n += n
	k := min(n, len(w.head))
	w.head = w.head[k:]
	w.body = w.body[n-k:]
}
