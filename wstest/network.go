package wstest

import (
	"context"
	"net"
	"sync"
	"time"
)

// A Direction is a direction of the connections over a Network.
type Direction uint8

const (
	Up   Direction = 1 << iota // from clients to servers
	Down                       // from servers to clients
	Both = Up | Down
)

// A Network is what connections between clients and servers run over. Its methods make
// it slow, or make its connections fail as they do on real networks. Most apply to one
// direction or to both. They may be called at any time, for example by time.AfterFunc or
// by a function of After. They do not block and are safe for concurrent use.
//
// The connections of a Server and of Pair run over a Network in memory. Wrap and Listener
// make connections over real networks run over one, too.
//
// The zero value is a network without faults. A Network must not be copied after first
// use. In a bubble of testing/synctest, delays follow the clock of the bubble.
type Network struct {
	mu         sync.Mutex // locked before the mutex of a flow
	conditions [2]conditions
	open       map[*connection]bool
	connected  uint64 // connections, including those that are no longer open

	counting sync.Mutex // locked after the mutex of a flow
	counters [2][]*counter
}

// connection is a connection over a Network, by its two ends.
type connection struct {
	network        *Network
	client, server *conn
}

// flows returns the flows of a connection in a direction.
func (c *connection) flows(d Direction) (flows []*flow) {
	if d&Up != 0 {
		flows = append(flows, c.client.out)
	}
	if d&Down != 0 {
		flows = append(flows, c.client.in)
	}
	return flows
}

// connect returns the two ends of a new connection.
func (n *Network) connect(clientAddr, serverAddr net.Addr) (client, server *conn) {
	n.mu.Lock()
	defer n.mu.Unlock()
	var flows [2]*flow
	for i := range flows {
		flows[i] = newFlow(n.conditions[i], 2*n.connected+uint64(i), func(bytes int) (int, []func()) { return n.count(i, bytes) })
	}
	up, down := flows[0], flows[1]
	c := &connection{network: n}
	c.client, c.server = &conn{down, up, clientAddr, serverAddr, c}, &conn{up, down, serverAddr, clientAddr, c}
	if n.open == nil {
		n.open = map[*connection]bool{}
	}
	n.open[c] = true
	n.connected++
	return c.client, c.server
}

// closed removes a connection of which an end was closed, if the other one is, too.
func (n *Network) closed(c *connection) {
	if c.client.in.over() && c.client.out.over() {
		n.mu.Lock()
		defer n.mu.Unlock()
		delete(n.open, c)
	}
}

// each calls a function for the flows of the open connections in a direction.
func (n *Network) each(d Direction, do func(*flow)) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.eachLocked(d, do)
}

func (n *Network) eachLocked(d Direction, do func(*flow)) {
	for c := range n.open {
		for _, f := range c.flows(d) {
			do(f)
		}
	}
}

// set changes conditions for the open connections and for those to come.
func (n *Network) set(d Direction, change func(*conditions), apply func(*flow)) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for i := range n.conditions {
		if d&(1<<i) != 0 {
			change(&n.conditions[i])
		}
	}
	n.eachLocked(d, func(f *flow) { f.change(func() { apply(f) }) })
}

// SetLatency sets the time from a write until its bytes arrive, for what is written from
// then on. Zero, the default, means none. A connection holds 64 KiB in each direction, so
// at most so much arrives within each latency.
func (n *Network) SetLatency(d Direction, latency time.Duration) {
	latency = max(latency, 0)
	n.set(d, func(c *conditions) { c.latency = latency }, func(f *flow) { f.arrivals.latency = latency })
}

// SetRate limits how many bytes a second arrive over each connection, for what is written
// from then on. Zero, the default, means no limit.
func (n *Network) SetRate(d Direction, bytesPerSecond int) {
	rate := max(bytesPerSecond, 0)
	n.set(d, func(c *conditions) { c.rate = rate }, func(f *flow) { f.arrivals.rate = rate })
}

// Split makes reads return between one byte and 4 KiB from then on, for code that may
// expect to read at once what was written at once. Where the bytes of a connection are
// split depends on the seed, and on how many connections were made over n before.
func (n *Network) Split(d Direction, seed uint64) {
	n.set(d, func(c *conditions) { c.split, c.seed = true, seed }, func(f *flow) { f.arrivals.splitBy(seed) })
}

// Stall makes bytes stop arriving until Resume, also on connections that are made later.
// Nothing is lost: up to 64 KiB of what is written are kept, and further writes wait. The
// end of a connection does not arrive either.
func (n *Network) Stall(d Direction) { n.stall(d, true) }

// Resume ends a Stall.
func (n *Network) Resume(d Direction) { n.stall(d, false) }

func (n *Network) stall(d Direction, stalled bool) {
	n.set(d, func(c *conditions) { c.stalled = stalled }, func(f *flow) { f.stalled = stalled })
}

// Drop loses the connections that are open, without a sign of it, as when a cable is
// unplugged or a router forgets them. Writes succeed, and what they write is discarded. So
// is what has not been read yet. Reads wait: neither bytes nor the end of the connection
// arrive. Connections that are made later are not affected.
func (n *Network) Drop(d Direction) { n.each(d, (*flow).drop) }

// CloseWrite ends a direction of the connections that are open, as a half-close of TCP
// does: the reader gets what has been written, and then io.EOF. What is written later is
// discarded. The other direction is not affected.
func (n *Network) CloseWrite(d Direction) { n.each(d, (*flow).cutOff) }

// Reset resets the connections that are open, in both directions. Reads and writes fail
// with syscall.ECONNRESET, and what has not been read yet is lost. A direction that Drop
// has lost does not notice it.
func (n *Network) Reset() { n.each(Both, (*flow).breakOff) }

// networkKey is the key of the Network in a context of WithNetwork.
type networkKey struct{}

// WithNetwork returns a context with which Server.Dial connects over n instead of
// Server.Network, and so do a Dialer or a Redialer that use Server.Client.
func WithNetwork(ctx context.Context, n *Network) context.Context {
	return context.WithValue(ctx, networkKey{}, n)
}

// closeClients closes the clients' ends of the open connections.
func (n *Network) closeClients() {
	n.mu.Lock()
	var clients []*conn
	for c := range n.open {
		clients = append(clients, c.client)
	}
	n.mu.Unlock()
	for _, c := range clients {
		_ = c.Close()
	}
}
