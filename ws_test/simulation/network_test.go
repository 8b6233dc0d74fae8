package simulation

import (
	"context"
	"fmt"
	"net"
	"os"
	"sync"
	"syscall"
	"time"
)

// network is what clients and servers are connected by. It is a net.Listener for
// the server. Each connection has conditions and faults of its own, chosen by the seed.
type network struct {
	arriving chan net.Conn
	closed   chan struct{}
}

func newNetwork() *network {
	return &network{arriving: make(chan net.Conn), closed: make(chan struct{})}
}

// Accept waits for the next connection.
func (n *network) Accept() (net.Conn, error) {
	select {
	case c := <-n.arriving:
		return c, nil
	case <-n.closed:
		return nil, net.ErrClosed
	}
}

// Close ends Accept.
func (n *network) Close() error {
	close(n.closed)
	return nil
}

// Addr is an address of those set aside for documentation (RFC 5737).
func (n *network) Addr() net.Addr { return serverAddr }

var serverAddr = &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 80}

// dial makes the connection of a pair and returns its client's end.
func (n *network) dial(ctx context.Context, p *pair) (net.Conn, error) {
	if p.connection == nil || p.connection.dialed {
		return nil, fmt.Errorf("simulation: pair %d is dialed twice", p.id)
	}
	p.connection.dialed = true
	if p.accepted = !p.connection.refuses; !p.accepted {
		return nil, &net.OpError{Op: "dial", Net: "tcp", Addr: serverAddr, Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}
	}
	select {
	case n.arriving <- p.connection.server:
		return p.connection.client, nil
	case <-n.closed:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// connection is a connection: two ends, and a flow in each direction.
type connection struct {
	run            *run
	pair           *pair
	client, server *end
	up, down       *flow
	compresses     bool // both sides have compression
	dialed         bool
	refuses        bool     // connections
	faults         []string // that have happened, in order
	faulty         bool     // one may have harmed a session
	mu             sync.Mutex
}

func newConnection(r *run, p *pair) *connection {
	l := &connection{run: r, pair: p}
	rng := newRandom(r.seed, fmt.Sprint("connection ", p.id))
	l.refuses = rng.chance(3)
	c := newConditions(rng, r.plan.largest)
	l.up = newFlow(l, fmt.Sprint(p.id, " up"), p.phase(phaseUp), rng, c)
	l.down = newFlow(l, fmt.Sprint(p.id, " down"), p.phase(phaseDown), rng, c)
	clientAddr := &net.TCPAddr{IP: net.IPv4(192, 0, 2, 2), Port: firstPort + p.id}
	l.client = &end{connection: l, in: l.down, out: l.up, local: clientAddr, remote: serverAddr}
	l.server = &end{connection: l, in: l.up, out: l.down, local: serverAddr, remote: clientAddr}
	l.up.reverse, l.down.reverse = l.down, l.up
	return l
}

// firstPort is the port of the client of pair 0.
const firstPort = 1024

// conditions are those of a connection.
type conditions struct {
	latency, jitter time.Duration
	rate            int           // bytes a second, 0 for no limit
	window          int           // bytes that a direction holds
	split           int           // largest part, 0 for no splits
	merge           time.Duration // what arrives within this time arrives together
	strict          bool          // closing with unread data resets, and so does data that arrives later
}

func newConditions(rng random, largest int) conditions {
	c := conditions{
		latency: one(rng, 0, 100*time.Microsecond, time.Millisecond, 20*time.Millisecond, 150*time.Millisecond),
		window:  one(rng, 512, 4<<10, 16<<10, 64<<10, 256<<10),
		strict:  rng.chance(50),
	}
	c.jitter = one(rng, 0, c.latency, 3*c.latency)
	if rng.chance(15) {
		c.rate = one(rng, 10_000, 100_000, 1_000_000)
	}
	if rng.chance(30) {
		c.split = max(one(rng, 3, 100, 2000), largest/200) // not too many parts
	}
	if rng.chance(15) {
		c.merge = one(rng, time.Millisecond, 10*time.Millisecond, 50*time.Millisecond)
	}
	return c
}

// end is one end of a connection, a net.Conn.
type end struct {
	connection    *connection
	in, out       *flow
	local, remote net.Addr
}

func (e *end) Read(p []byte) (int, error)  { return e.in.read(p) }
func (e *end) Write(p []byte) (int, error) { return e.out.write(p) }

// Close closes both directions. If the network is strict, and not everything was read,
// the connection is reset (RFC 9293 §3.10.4 with RFC 1122 §4.2.2.13).
func (e *end) Close() error {
	if unread := e.in.closeRead(); unread && e.in.strict {
		e.out.abort()
		return nil
	}
	e.out.closeWrite()
	return nil
}

// CloseWrite ends the outgoing direction.
func (e *end) CloseWrite() error {
	e.out.closeWrite()
	return nil
}

func (e *end) LocalAddr() net.Addr  { return e.local }
func (e *end) RemoteAddr() net.Addr { return e.remote }

func (e *end) SetDeadline(t time.Time) error {
	_ = e.SetReadDeadline(t)
	return e.SetWriteDeadline(t)
}

func (e *end) SetReadDeadline(t time.Time) error  { return e.in.setDeadline(&e.in.reading, t) }
func (e *end) SetWriteDeadline(t time.Time) error { return e.out.setDeadline(&e.out.writing, t) }
