package load

import (
	"fmt"
	"time"

	"golang.org/x/sys/unix"
)

// stallLimit is how long a server may say nothing before it has failed.
const stallLimit = 5 * time.Second

// sleepy is the wait of a crowd that need not be quick.
const sleepy = 100

// ErrStalled is a server that has stopped answering.
var ErrStalled = fmt.Errorf("load: no answer for %v", stallLimit)

// crowd is a set of connections waited for together.
type crowd struct {
	epoll  int
	conns  []*conn
	events []unix.EpollEvent
	buf    []byte
	wait   int // milliseconds that next sleeps while nothing happens
	bytes  int // read so far
}

// newCrowd waits for the connections together. Events name them by their place.
func newCrowd(conns []*conn) (*crowd, error) {
	epoll, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("load: epoll: %w", err)
	}
	for i, conn := range conns {
		event := unix.EpollEvent{Events: unix.EPOLLIN | unix.EPOLLOUT | unix.EPOLLRDHUP | unix.EPOLLET, Fd: int32(i)}
		if err := unix.EpollCtl(epoll, unix.EPOLL_CTL_ADD, conn.fd, &event); err != nil {
			unix.Close(epoll)
			return nil, fmt.Errorf("load: epoll add: %w", err)
		}
	}
	events, buf := make([]unix.EpollEvent, 256), make([]byte, 256<<10)
	return &crowd{epoll: epoll, conns: conns, events: events, buf: buf, wait: sleepy}, nil
}

// dialers shake hands at once while a crowd assembles.
const dialers = 8

// openCrowd opens n connections, each starting its tape step messages after the
// one before.
func openCrowd(target Target, path string, tape *Tape, n, step int) (*crowd, error) {
	conns := make([]*conn, n)
	open := dialConns
	if target.Dial != nil {
		open = acceptConns
	}
	if err := open(conns, target, path, tape, step); err != nil {
		closeAll(conns)
		return nil, err
	}
	crowd, err := newCrowd(conns)
	if err != nil {
		closeAll(conns)
		return nil, err
	}
	return crowd, nil
}

// dialConns opens conns to a server.
func dialConns(conns []*conn, target Target, path string, tape *Tape, step int) error {
	return inParallel(len(conns), dialers, func(i int) (err error) {
		conns[i], err = dialConn(target, path, tape, tape.first(i*step))
		return err
	})
}

func closeAll(conns []*conn) {
	for _, conn := range conns {
		if conn != nil {
			conn.close()
		}
	}
}

// next waits for something to happen and calls arrived with every connection
// on which messages ended. What could not be written before is written first.
func (c *crowd) next(arrived func(i, messages int) error) error {
	n, err := unix.EpollWait(c.epoll, c.events, c.wait)
	if err != nil && err != unix.EINTR {
		return fmt.Errorf("load: epoll wait: %w", err)
	}
	for _, event := range c.events[:max(0, n)] {
		i := int(event.Fd)
		conn := c.conns[i]
		if len(conn.out) > 0 || conn.queued > 0 {
			if err := conn.flush(); err != nil {
				return err
			}
		}
		before := conn.read
		messages, err := conn.receive(c.buf)
		c.bytes += conn.read - before
		if err != nil {
			return fmt.Errorf("connection %d: %w", i, err)
		}
		if messages > 0 {
			if err := arrived(i, messages); err != nil {
				return err
			}
		}
	}
	return nil
}

// play has every connection i play n(i) messages, each when the one before has
// been answered, and waits for the last.
func (c *crowd) play(n func(i int) int) error {
	left, all := make([]int, len(c.conns)), 0
	for i, conn := range c.conns {
		if left[i] = n(i); left[i] == 0 {
			continue
		}
		all += left[i]
		if err := conn.send(1); err != nil {
			return err
		}
	}
	count := 0
	arrived := func(i, messages int) error {
		count += messages
		if left[i] -= messages; left[i] > 0 {
			return c.conns[i].send(1)
		}
		return nil
	}
	watch := startStopwatch(Span{Warmup: time.Hour})
	for count < all {
		if err := c.next(arrived); err != nil {
			return err
		}
		if _, _, err := watch.tick(count); err != nil {
			return err
		}
	}
	return nil
}

// watch starts a stopwatch that counts what the crowd reads as well.
func (c *crowd) watch(span Span) *stopwatch {
	watch := startStopwatch(span)
	watch.bytes = &c.bytes
	return watch
}

// spin makes the crowd look again at once when nothing has happened, if span
// allows it. A client that sleeps is woken by the server's system calls, which
// costs the server about as much as the rest of them, and costs it the more
// often the quicker the client is; clients on other machines cost it nothing.
func (c *crowd) spin(span Span) {
	if !span.Shared {
		c.wait = 0
	}
}

func (c *crowd) close() {
	closeAll(c.conns)
	unix.Close(c.epoll)
}
