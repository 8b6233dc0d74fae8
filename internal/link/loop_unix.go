//go:build unix

package link

import (
	"net"
	"syscall"
)

// loop is a Loop under way.
type loop struct {
	conn  *polled
	place Place
	each  func(n int, err error) bool
}

// Loop stays inside one RawConn.Read. That call forgets the readiness it finds
// when it is entered, so that whoever enters it must try to read before waiting;
// from then on every change of the socket is remembered until the next wait.
func (c *polled) Loop(place Place, each func(n int, err error) bool) error {
	if !c.enterLoop() {
		return net.ErrClosed
	}
	defer c.leaveLoop()
	l := loop{c, place, each}
	return c.raw.Read(l.readAll)
}

// readAll runs inside RawConn.Read; false waits until the socket is readable.
//
// It need not try to read when the kernel has said that nothing is left, an end
// of the stream included, and the connection was not reset before this
// goroutine last woke up: a reset leaves no trace in what is left, and may have
// come with the wake-up that brought the data. A write that began after the wake-up
// and succeeded proves that it had not; if it comes later, it wakes the wait.
func (l *loop) readAll(fd uintptr) bool {
	c, left := l.conn, unknownLeft
	for {
		reads := c.reads.Add(1)
		space := l.place.Space(max(c.room.size(), left))
		var n int
		var err syscall.Errno
		n, left, err = c.inq.read(int(fd), space)
		if err == syscall.EAGAIN {
			l.place.Waiting()
			return false
		}
		c.room.adapt(n, len(space))
		if !l.each(c.result(n, err)) {
			return true
		}
		if left == 0 && c.wroteAt.Load() == reads {
			l.place.Waiting()
			return false
		}
	}
}
