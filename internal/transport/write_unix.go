//go:build unix

package transport

import (
	"sync"
	"syscall"
	"time"
)

// write is the state of a Write in progress. It comes from a pool, together with its
// callbacks, so that Write does not allocate, and a connection that is not being written
// has none.
type write struct {
	conn       *nonblocking
	head, body []byte
	wait       bool // if nothing can be written
	done       bool // some need not be called again
	n          int
	err        error

	some       func(fd uintptr)      // for RawConn.Control
	untilReady func(fd uintptr) bool // for RawConn.Write
}

var writes = sync.Pool{New: newWrite}

// newWrite returns a write. Its function some writes as much as possible. If done is false
// then, RawConn.Write calls it again when the socket is writable. It is the deepest call
// of a send, and therefore not a method, which another function would have to call (stack).
func newWrite() any {
	w := new(write)
	w.some = func(fd uintptr) {
		for w.done = false; !w.done; {
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
				w.done = true
				return
			}
			switch err {
			case 0:
				w.advance(int(n))
			case syscall.EINTR:
			default:
				w.done = w.stopped(err)
				return
			}
		}
	}
	w.untilReady = func(fd uintptr) bool { w.some(fd); return w.done }
	return w
}

// Write uses RawConn.Control if it does not wait. That has no deadlines and takes less of
// the stack than RawConn.Write: a goroutine's stack is as large as its deepest call needs.
func (c *nonblocking) Write(p *Slices, wait bool) (int, error) {
	w := writes.Get().(*write)
	w.conn, w.head, w.body, w.wait = c, p.Head, p.Body, wait
	if wait {
		return w.end(w.writeWaiting())
	}
	return w.end(c.raw.Control(w.some))
}

// writeWaiting writes when the socket is writable.
func (w *write) writeWaiting() error {
	err := w.conn.raw.Write(w.untilReady)
	if err != nil && IsTimeout(err) {
		err = w.lastTry(err)
	}
	return err
}

// end puts the write back into the pool and returns its result.
//
//go:noinline
func (w *write) end(err error) (int, error) {
	n := w.n
	if err == nil {
		err = w.err
	}
	*w = write{some: w.some, untilReady: w.untilReady}
	writes.Put(w)
	return n, err
}

// lastTry writes at a deadline what can be written without waiting: a socket becomes
// writable only when much of its buffer is free.
func (w *write) lastTry(deadline error) error {
	_ = w.conn.SetWriteDeadline(time.Time{})
	w.wait = false
	err := w.conn.raw.Control(w.some)
	if err == nil && w.err == ErrWouldBlock {
		if w.err = nil; w.n == 0 {
			return deadline
		}
	}
	return err
}

// stopped handles the error of a system call, and reports whether Write ends with it.
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

// advance removes n bytes that have been written.
func (w *write) advance(n int) {
	w.n += n
	k := min(n, len(w.head))
	w.head = w.head[k:]
	w.body = w.body[n-k:]
}
