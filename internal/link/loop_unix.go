//go:build unix

package link

import "syscall"

// Loop stays inside one RawConn.Read. That call forgets the readiness it finds
// when it is entered, so that whoever enters it must try to read before waiting;
// from then on every change of the socket is remembered until the next wait.
func (c *polled) Loop(place Place, each func(n int, err error) bool) error {
	c.reading.Lock()
	defer c.reading.Unlock()
	c.enterLoop()
	defer c.leaveLoop()
	c.place, c.each = place, each
	defer func() { c.place, c.each = nil, nil }()
	return c.raw.Read(c.readAll)
}

// readAll runs inside RawConn.Read; false waits until the socket is readable.
//
// It need not try to read when the kernel has said that nothing is left, an end
// of the stream included, and the connection was not reset before this
// goroutine last woke up: a reset leaves no trace in what is left, and may have
// come with the wake-up that brought the data. A write that began after the wake-up
// and succeeded proves that it had not; if it comes later, it wakes the wait.
func (c *polled) readAll(fd uintptr) bool {
	for {
		reads := c.reads.Add(1)
		space := c.place.Space(c.readSize)
		n, left, err := c.inq.read(int(fd), space)
		if err == syscall.EAGAIN {
			c.place.Waiting()
			return false
		}
		c.adapt(n, len(space))
		if !c.each(c.result(n, err)) {
			return true
		}
		if left == 0 && c.wroteAt.Load() == reads {
			c.place.Waiting()
			return false
		}
	}
}

func (c *polled) enterLoop() {
	c.closing.Lock()
	defer c.closing.Unlock()
	c.looping = true
}

func (c *polled) leaveLoop() {
	c.closing.Lock()
	defer c.closing.Unlock()
	c.looping = false
	if c.closed {
		_ = c.socket.Close()
	}
}

// Close closes the socket. While Loop runs that would wait for Loop, perhaps
// from within it; so the socket is shut down, which ends every wait on it, and
// Loop closes it.
func (c *polled) Close() error {
	c.closing.Lock()
	defer c.closing.Unlock()
	if !c.looping {
		return c.socket.Close()
	}
	c.closed = true
	_ = c.socket.CloseWrite()
	_ = c.socket.CloseRead()
	return nil
}

// Abort is Close: a socket has no leave to take.
func (c *polled) Abort() error { return c.Close() }
