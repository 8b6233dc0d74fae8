package ws_test

import (
	"io"
	"net"
	"os"
	"sync"
	"syscall"
	"time"
)

// fuzzConn is the session's end of a connection whose other end has no goroutine: a test
// says which bytes arrive, and how many of those written the peer takes. Whoever waits
// for it is durably blocked for testing/synctest.
type fuzzConn struct {
	mu      sync.Mutex
	changed sync.Cond

	in       []byte // has arrived and was not read
	most     int    // of what a read returns
	ended    bool   // the peer has ended its direction
	out      []byte // was written
	space    int    // how much more the peer takes
	deaf     bool   // writes fail
	broken   bool   // by a reset
	finished bool   // by CloseWrite
	closed   bool

	reading, writing time.Time // the deadlines
}

func newFuzzConn() *fuzzConn {
	c := &fuzzConn{most: 1 << 20, space: unlimited}
	c.changed.L = &c.mu
	return c
}

// unlimited is the space of a peer that takes everything.
const unlimited = 1 << 30

// change changes the connection, and wakes those who wait for it.
func (c *fuzzConn) change(f func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	f()
	c.changed.Broadcast()
}

// reset loses what has not been read, and ends both directions.
func (c *fuzzConn) reset() {
	c.change(func() { c.broken, c.in = true, nil })
}

// written returns what was written.
func (c *fuzzConn) written() []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.out
}

func (c *fuzzConn) isClosed() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.closed
}

func passed(deadline time.Time) bool { return !deadline.IsZero() && !time.Now().Before(deadline) }

func (c *fuzzConn) Read(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for {
		switch {
		case c.closed:
			return 0, net.ErrClosed
		case c.broken:
			return 0, &net.OpError{Op: "read", Net: "fuzz", Err: syscall.ECONNRESET}
		case passed(c.reading):
			return 0, os.ErrDeadlineExceeded
		case len(c.in) > 0:
			n := copy(p[:min(len(p), c.most)], c.in)
			c.in = c.in[n:]
			return n, nil
		case c.ended:
			return 0, io.EOF
		}
		c.changed.Wait()
	}
}

func (c *fuzzConn) Write(p []byte) (n int, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for {
		switch {
		case c.closed, c.finished:
			return n, net.ErrClosed
		case c.broken, c.deaf:
			return n, &net.OpError{Op: "write", Net: "fuzz", Err: syscall.EPIPE}
		case passed(c.writing):
			return n, os.ErrDeadlineExceeded
		}
		k := min(c.space, len(p)-n)
		c.out = append(c.out, p[n:n+k]...)
		c.space, n = c.space-k, n+k
		if n == len(p) {
			return n, nil
		}
		c.changed.Wait()
	}
}

func (c *fuzzConn) Close() error {
	c.change(func() { c.closed = true })
	return nil
}

func (c *fuzzConn) SetReadDeadline(t time.Time) error { return c.setDeadline(&c.reading, t) }

func (c *fuzzConn) SetWriteDeadline(t time.Time) error { return c.setDeadline(&c.writing, t) }

func (c *fuzzConn) SetDeadline(t time.Time) error {
	_ = c.SetReadDeadline(t)
	return c.SetWriteDeadline(t)
}

func (c *fuzzConn) setDeadline(deadline *time.Time, t time.Time) error {
	c.change(func() { *deadline = t })
	if wait := time.Until(t); !t.IsZero() && wait > 0 {
		time.AfterFunc(wait, c.changed.Broadcast)
	}
	return nil
}

func (c *fuzzConn) LocalAddr() net.Addr  { return &net.TCPAddr{} }
func (c *fuzzConn) RemoteAddr() net.Addr { return &net.TCPAddr{} }

// halfClosing is a fuzzConn with CloseWrite.
type halfClosing struct{ *fuzzConn }

func (c halfClosing) CloseWrite() error {
	c.change(func() { c.finished = true })
	return nil
}
