package transport

import (
	"net"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// polled is a connection for which a Poller is to wait.
type polled struct {
	*nonblocking
	peer  net.Conn
	id    uint64
	ready chan struct{}
}

var polledIDs atomic.Uint64

func newPolled(t *testing.T, network string) *polled {
	c, peer := sockets(t, network)
	return &polled{c, peer, polledIDs.Add(1), make(chan struct{}, 1)}
}

// add adds the connection, and calls run if there is one, as a caller must.
func (c *polled) add(t *testing.T, p *Poller, running *atomic.Int32) {
	t.Helper()
	run, ok := p.Add(c.nonblocking, c.id, func() { c.ready <- struct{}{} })
	if !ok {
		t.Fatal("the Poller does not wait for the connection")
	}
	if run != nil {
		running.Add(1)
		go func() {
			defer running.Add(-1)
			run()
		}()
	}
}

func (c *polled) expectReady(t *testing.T) {
	t.Helper()
	select {
	case <-c.ready:
	case <-time.After(patience):
		t.Fatal("the connection is not ready")
	}
}

func (c *polled) expectNotReady(t *testing.T) {
	t.Helper()
	select {
	case <-c.ready:
		t.Fatal("the connection is ready")
	default:
	}
}

func waitFor(t *testing.T, what string, is func() bool) {
	t.Helper()
	for began := time.Now(); !is(); runtime.Gosched() {
		if time.Since(began) > patience {
			t.Fatalf("waited in vain until %s", what)
		}
	}
}

func TestPollerFindsWhatCanBeRead(t *testing.T) {
	for name, event := range map[string]func(peer net.Conn){
		"bytes":             func(peer net.Conn) { _, _ = peer.Write([]byte("x")) },
		"the end":           func(peer net.Conn) { _ = peer.Close() },
		"the end one way":   func(peer net.Conn) { _ = peer.(interface{ CloseWrite() error }).CloseWrite() },
		"a reset":           func(peer net.Conn) { reset(peer) },
		"bytes and the end": func(peer net.Conn) { _, _ = peer.Write([]byte("x")); _ = peer.Close() },
	} {
		for _, network := range []string{"tcp", "unix"} {
			for _, before := range []bool{false, true} {
				when := "after Add"
				if before {
					when = "before Add"
				}
				t.Run(name+"/"+network+"/"+when, func(t *testing.T) {
					var p Poller
					var running atomic.Int32
					c, other := newPolled(t, network), newPolled(t, network)
					other.add(t, &p, &running)
					if before {
						event(c.peer)
						c.add(t, &p, &running)
					} else {
						c.add(t, &p, &running)
						c.expectNotReady(t)
						event(c.peer)
					}
					c.expectReady(t)
					other.expectNotReady(t)
					if p.Remove(c.id) != nil {
						t.Error("the connection is waited for after it was ready")
					}
					if p.Remove(other.id) == nil {
						t.Error("the other connection is not waited for")
					}
					waitFor(t, "run returns", func() bool { return running.Load() == 0 })
				})
			}
		}
	}
}

func reset(peer net.Conn) {
	if c, ok := peer.(*net.TCPConn); ok {
		_ = c.SetLinger(0)
	}
	_ = peer.Close()
}

// A connection is ready once for each Add, and may be added again at once.
func TestPollerReportsOnceForEachAdd(t *testing.T) {
	var p Poller
	var running atomic.Int32
	c, other := newPolled(t, "tcp"), newPolled(t, "tcp")
	other.add(t, &p, &running)
	_, _ = c.peer.Write([]byte("x"))
	for range 100 {
		c.add(t, &p, &running)
		c.expectReady(t)
	}
	_, _ = other.peer.Write([]byte("x"))
	other.expectReady(t)
	c.expectNotReady(t)
}

// A Poller has a descriptor and a goroutine only while it waits for a connection.
func TestPollerEndsWithLastConnection(t *testing.T) {
	var p Poller
	var running atomic.Int32
	a, b := newPolled(t, "tcp"), newPolled(t, "tcp")
	for range 3 {
		a.add(t, &p, &running)
		b.add(t, &p, &running)
		if p.Remove(a.id) == nil || p.Remove(b.id) == nil {
			t.Fatal("the connections were not waited for")
		}
		waitFor(t, "run returns after Remove", func() bool { return running.Load() == 0 })
		if p.set != nil {
			t.Fatal("there is a set of no connections")
		}
	}
	for range 3 {
		a.add(t, &p, &running)
		b.add(t, &p, &running)
		for _, c := range []*polled{a, b} {
			_, _ = c.peer.Write([]byte("x"))
			c.expectReady(t)
			if n, err := c.Read(new(fixed)); n != 1 || err != nil {
				t.Fatal(n, err)
			}
		}
		waitFor(t, "run returns after the last connection was ready", func() bool { return running.Load() == 0 })
	}
}

func TestPollerDoesNotWaitFor(t *testing.T) {
	var p Poller
	c, _ := sockets(t, "tcp")
	_ = c.Close()
	near, far := net.Pipe()
	defer near.Close()
	defer far.Close()
	for name, conn := range map[string]Conn{"a closed connection": c, "a blocking one": New(near)} {
		run, ok := p.Add(conn, 1, func() { t.Error("it is ready") })
		if run != nil || ok {
			t.Errorf("%s is waited for", name)
		}
	}
	if CanPoll(New(near)) || !CanPoll(c) || p.set != nil {
		t.Error("a Poller waits for nonblocking connections only")
	}
}

func TestPollerFindsConnectionThatOtherCodeHasClosed(t *testing.T) {
	t.Parallel()
	var p Poller
	var running atomic.Int32
	c, other := newPolled(t, "tcp"), newPolled(t, "tcp")
	c.add(t, &p, &running)
	other.add(t, &p, &running)
	_ = c.Close()
	c.expectReady(t)
	other.expectNotReady(t)
	_ = other.Close()
	other.expectReady(t)
	waitFor(t, "run returns", func() bool { return running.Load() == 0 })
}

// The memory for connections is given back when most of them have been removed.
func TestPollerBecomesSmaller(t *testing.T) {
	var p Poller
	var running atomic.Int32
	c := newPolled(t, "tcp")
	c.add(t, &p, &running)
	set := p.set
	p.mu.Lock()
	for id := uint64(1 << 32); id < 1<<32+1000; id++ {
		set.conns[id] = polledConn{raw: c.raw}
		set.most = max(set.most, len(set.conns))
	}
	for id := uint64(1 << 32); id < 1<<32+1000; id++ {
		set.removeLocked(id)
	}
	most, left := set.most, len(set.conns)
	p.mu.Unlock()
	if most > 100 || left != 1 {
		t.Errorf("there is memory for %d of %d connections", most, left)
	}
	p.Remove(c.id)
}

// Whatever happens at the same time, a connection that was added is either ready or removed.
func TestPollerConcurrently(t *testing.T) {
	const conns, times = 8, 200
	var p Poller
	var running atomic.Int32
	done := make(chan string, conns)
	for range conns {
		c := newPolled(t, "unix")
		go func() {
			var problem []string
			for i := range times {
				run, ok := p.Add(c.nonblocking, c.id, func() { c.ready <- struct{}{} })
				if !ok {
					problem = append(problem, "not added")
				}
				if run != nil {
					running.Add(1)
					go func() {
						defer running.Add(-1)
						run()
					}()
				}
				written := make(chan struct{})
				go func() {
					defer close(written)
					_, _ = c.peer.Write([]byte("x"))
				}()
				if i%2 > 0 && p.Remove(c.id) != nil {
					c.ready <- struct{}{}
				}
				select {
				case <-c.ready:
				case <-time.After(patience):
					problem = append(problem, "not ready")
				}
				<-written
				if n, err := c.Read(new(fixed)); n != 1 || err != nil {
					problem = append(problem, "not read")
				}
			}
			done <- strings.Join(problem, ", ")
		}()
	}
	for range conns {
		if problem := <-done; problem != "" {
			t.Error(problem)
		}
	}
	waitFor(t, "run returns", func() bool { return running.Load() == 0 })
}

// BenchmarkPoller is what it costs to wait for one of many connections, beside
// BenchmarkReadThatWaits.
func BenchmarkPoller(b *testing.B) {
	var p Poller
	c, peer := sockets(b, "unix")
	other, _ := sockets(b, "unix")
	run, ok := p.Add(other, 1, func() {})
	if !ok {
		b.Fatal("the Poller does not wait")
	}
	go run()
	defer func() { _ = p.Remove(1) }()
	ready, buffer := make(chan struct{}), new(fixed)
	for b.Loop() {
		_, _ = p.Add(c, 2, func() { go func() { ready <- struct{}{} }() })
		_, _ = peer.Write([]byte("x"))
		<-ready
		_, _ = c.Read(buffer)
	}
}

func BenchmarkReadThatWaits(b *testing.B) {
	c, peer := sockets(b, "unix")
	ready, buffer := make(chan struct{}), new(fixed)
	go func() {
		for {
			if _, err := c.Read(buffer); err != nil {
				return
			}
			ready <- struct{}{}
		}
	}()
	for b.Loop() {
		_, _ = peer.Write([]byte("x"))
		<-ready
	}
}
