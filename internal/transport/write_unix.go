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

// Write uses RawConn.Control if it does not wait. That has no deadlines and takes less of
// the stack than RawConn.Write: a goroutine's stack is as large as its deepest call needs.
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

// end puts the write back into the pool and returns its result.
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

// lastTry writes at a deadline what can be written without waiting: a socket becomes
// writable only when much of its buffer is free.
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

// some writes as much as possible. If it returns false, RawConn.Write calls it again when
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
