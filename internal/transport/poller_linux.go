package transport

import (
	"maps"
	"os"
	"slices"
	"sync"
	"syscall"
	"time"
)

// A Poller waits until connections can be read, many in one goroutine. The zero Poller is
// ready to use. Its methods are safe for concurrent use.
//
// Its epoll(7) instance is itself waited for by the runtime, so that no thread is blocked.
// It exists while there is a connection to wait for.
type Poller struct {
	mu  sync.Mutex
	set *pollSet // nil while nothing is waited for
}

// CanPoll reports whether a Poller can wait for the connection.
func CanPoll(c Conn) bool {
	_, ok := c.(*nonblocking)
	return ok
}

// Add begins to wait for a connection, under an id that no other one has. When the connection
// can be read, has ended or has failed, the Poller removes it and calls ready, which must not
// block. The caller must remove it when it closes the connection; if other code has closed
// that, ready is called some seconds later. If run is not nil, the caller must call it in a
// goroutine of its own; it returns when nothing is waited for any more. ok is false if the
// Poller cannot wait for the connection.
func (p *Poller) Add(c Conn, id uint64, ready func()) (run func(), ok bool) {
	conn, ok := c.(*nonblocking)
	if !ok {
		return nil, false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.set == nil {
		if p.set = newPollSet(p); p.set == nil {
			return nil, false
		}
		run = p.set.run
	}
	if !p.set.addLocked(id, polledConn{conn.raw, ready}) {
		return nil, false
	}
	return run, true
}

// Remove stops waiting for a connection. It returns the function passed to Add, which has
// not been called, or nil if the connection is not waited for.
func (p *Poller) Remove(id uint64) (ready func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.set == nil {
		return nil
	}
	return p.set.removeLocked(id)
}

// pollSet is an epoll instance. Its fields conns and most are guarded by the Poller's lock.
type pollSet struct {
	poller *Poller
	fd     int
	file   *os.File // has fd
	raw    syscall.RawConn
	conns  map[uint64]polledConn // by id
	most   int                   // how many of them the map has memory for
}

// polledConn is a connection in a pollSet.
type polledConn struct {
	raw   syscall.RawConn
	ready func()
}

// newPollSet returns nil if there can be no epoll instance, or the runtime cannot wait for it.
func newPollSet(p *Poller) *pollSet {
	fd, err := syscall.EpollCreate1(syscall.EPOLL_CLOEXEC)
	if err != nil {
		return nil
	}
	_ = syscall.SetNonblock(fd, true) // for os.NewFile
	file := os.NewFile(uintptr(fd), "epoll")
	raw, err := file.SyscallConn()
	if err == nil {
		err = file.SetReadDeadline(time.Now().Add(closedDelay)) // fails if the runtime cannot wait
	}
	if err != nil {
		_ = file.Close()
		return nil
	}
	return &pollSet{poller: p, fd: fd, file: file, raw: raw, conns: make(map[uint64]polledConn)}
}

// addLocked adds a connection and has it reported once. It returns false if that is not
// possible.
func (s *pollSet) addLocked(id uint64, c polledConn) (ok bool) {
	event := syscall.EpollEvent{Events: syscall.EPOLLIN | syscall.EPOLLRDHUP | syscall.EPOLLONESHOT}
	setID(&event, id)
	s.conns[id] = c
	s.most = max(s.most, len(s.conns))
	if s.control(c, syscall.EPOLL_CTL_ADD, &event) != nil {
		s.removeLocked(id)
		return false
	}
	return true
}

// removeLocked removes a connection, and closes the set if it was the last one. It returns
// the connection's function, or nil if it is not in the set.
func (s *pollSet) removeLocked(id uint64) (ready func()) {
	c, found := s.conns[id]
	if !found {
		return nil
	}
	delete(s.conns, id)
	_ = s.control(c, syscall.EPOLL_CTL_DEL, nil)
	switch {
	case len(s.conns) == 0:
		_ = s.file.Close() // this waits until run has left wait, which takes no lock
		s.poller.set = nil
	case len(s.conns) < s.most/4 && s.most > 64: // a map does not become smaller
		s.most = len(s.conns)
		smaller := make(map[uint64]polledConn, s.most)
		maps.Copy(smaller, s.conns)
		s.conns = smaller
	}
	return c.ready
}

// control calls epoll_ctl(2). It returns an error if the connection is closed.
func (s *pollSet) control(c polledConn, op int, event *syscall.EpollEvent) (err error) {
	closed := c.raw.Control(func(fd uintptr) { err = syscall.EpollCtl(s.fd, op, int(fd), event) })
	if closed != nil {
		return closed
	}
	return err
}

// run is what Add returns.
func (s *pollSet) run() {
	events := make([]syscall.EpollEvent, 64)
	for more := true; more; {
		n, err := s.wait(events)
		var ready []func()
		switch {
		case err == nil:
			ready, more = s.take(func() []uint64 { return idsOf(events[:n]) })
		case IsTimeout(err):
			ready, more = s.take(s.closedLocked)
			_ = s.file.SetReadDeadline(time.Now().Add(closedDelay))
		default: // the set is closed; otherwise the readers wait themselves
			ready, more = s.take(func() []uint64 { return slices.Collect(maps.Keys(s.conns)) })
		}
		for _, f := range ready {
			f()
		}
	}
}

// wait waits for events.
func (s *pollSet) wait(events []syscall.EpollEvent) (n int, err error) {
	failed := s.raw.Read(func(fd uintptr) bool {
		n, err = syscall.EpollWait(int(fd), events, 0)
		for err == syscall.EINTR {
			n, err = syscall.EpollWait(int(fd), events, 0)
		}
		return n != 0
	})
	if failed != nil {
		return 0, failed
	}
	return n, err
}

// take removes the connections with the ids that ids returns, and returns their functions.
// more is false if nothing is left in the set. take calls ids with the Poller's lock.
func (s *pollSet) take(ids func() []uint64) (ready []func(), more bool) {
	s.poller.mu.Lock()
	defer s.poller.mu.Unlock()
	if s.poller.set != s {
		return nil, false
	}
	for _, id := range ids() {
		if f := s.removeLocked(id); f != nil {
			ready = append(ready, f)
		}
	}
	return ready, s.poller.set == s
}

// closedDelay is how often connections that other code has closed are looked for. An epoll
// instance does not report them.
const closedDelay = 5 * time.Second

// closedLocked returns the ids of connections that other code has closed.
func (s *pollSet) closedLocked() (ids []uint64) {
	for id, c := range s.conns {
		if c.raw.Control(func(uintptr) {}) != nil {
			ids = append(ids, id)
		}
	}
	return ids
}

// setID and idOf use what the kernel keeps for the caller.
func setID(e *syscall.EpollEvent, id uint64) { e.Fd, e.Pad = int32(id), int32(id>>32) }
func idOf(e *syscall.EpollEvent) uint64      { return uint64(uint32(e.Fd)) | uint64(uint32(e.Pad))<<32 }

func idsOf(events []syscall.EpollEvent) (ids []uint64) {
	for i := range events {
		ids = append(ids, idOf(&events[i]))
	}
	return ids
}
