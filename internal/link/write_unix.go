//go:build unix

package link

import (
	"sync"
	"syscall"
	"time"
)

// write is a Write that is under way. It is pooled, with its callback, so that
// a connection that is not being written has none and a Write does not allocate.
type write struct {
	conn       *polled
	head, body []byte
	wait       bool // rather than give up when nothing can be written
	n          int
	err        error
	try        func(fd uintptr) bool
}

var writes = sync.Pool{New: func() any {
	w := new(write)
	w.try = w.some
	return w
}}

func (c *polled) Write(head, body []byte, wait bool) (int, error) {
	w := writes.Get().(*write)
	w.conn, w.head, w.body, w.wait = c, head, body, wait
	err := c.raw.Write(w.try)
	if err != nil && IsTimeout(err) {
		err = w.lastTry(err)
	}
	n := w.n
	if err == nil {
		err = w.err
	}
	*w = write{try: w.try}
	writes.Put(w)
	return n, err
}

// lastTry writes, at a deadline, what there is room for: a socket tells a writer
// that waits of room only when there is much of it.
func (w *write) lastTry(deadline error) error {
	_ = w.conn.SetWriteDeadline(time.Time{})
	wait := w.wait
	w.wait = false
	err := w.conn.raw.Control(func(fd uintptr) { w.try(fd) })
	if err == nil && wait && w.err == ErrWouldBlock {
		if w.err = nil; w.n == 0 {
			return deadline
		}
	}
	return err
}

// some runs inside RawConn.Write; false waits until the socket is writable.
func (w *write) some(fd uintptr) bool {
	for len(w.head)+len(w.body) > 0 {
		n, err := w.send(int(fd))
		switch {
		case err == syscall.EAGAIN && w.wait:
			return w.n > 0
		case err == syscall.EAGAIN:
			w.err = ErrWouldBlock
			return true
		case err != 0:
			w.err = w.conn.failed("write", err)
			return true
		}
		w.advance(n)
	}
	return true
}

func (w *write) send(fd int) (int, syscall.Errno) {
	switch {
	case len(w.body) == 0:
		return send(fd, w.head)
	case len(w.head) == 0:
		return send(fd, w.body)
	default:
		return sendBoth(fd, w.head, w.body)
	}
}

// advance drops what has been written.
func (w *write) advance(n int) {
	w.n += n
	k := min(n, len(w.head))
	w.head = w.head[k:]
	w.body = w.body[n-k:]
}
