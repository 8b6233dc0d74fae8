package simulation

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"time"

	"github.com/handset-go/handset/ws"
)

// pair is the two ends of a session, and the connection between them. It exists from the
// attempt to connect; each end may get a session or not.
type pair struct {
	run            *run
	id             int
	dialer         *ws.Dialer
	link           *link
	client, server *endpoint
	accepted       bool // by the network
}

// subprotocol returns the one that is negotiated (RFC 6455 §1.9).
func (p *pair) subprotocol() string {
	for _, s := range p.dialer.Subprotocols {
		if slices.Contains(p.run.plan.upgrader.Subprotocols, s) {
			return s
		}
	}
	return ""
}

// The lanes of a pair. Those of the actors of an endpoint follow its first.
const (
	laneUp = iota
	laneDown
	laneFault
	laneDial
	laneClient = 8
	laneServer = 20
	lanesPair  = 32

	laneShutdown lane = lanes - 64 // and those behind it are of the run
)

func (p *pair) lane(n int) lane { return lane((p.id*lanesPair + n) % int(laneShutdown)) }

// newPair makes the pair for an attempt to connect.
func newPair(r *run, id int, d *ws.Dialer) *pair {
	rng := newRandom(r.seed, fmt.Sprint("pair ", id))
	p := &pair{run: r, id: id, dialer: d}
	p.link = newLink(r, p)
	p.link.compresses = d.Compression.Level > 0 && r.plan.upgrader.Compression.Level > 0
	p.client = newEndpoint(p, "client", laneClient, d.Options)
	p.server = newEndpoint(p, "server", laneServer, r.plan.upgrader.Options)
	p.client.callbacks, p.server.callbacks = r.callbacks[d], r.callbacks[nil]
	p.client.peer, p.server.peer = p.server, p.client
	p.client.in, p.client.out = p.link.down, p.link.up
	p.server.in, p.server.out = p.link.up, p.link.down
	if rng.chance(80) {
		closer := one(rng, p.client, p.server)
		closer.closes = true
		closer.peer.closes = rng.chance(20)
	}
	r.addPair(p)
	r.scripts.Go(p.runFaults)
	return p
}

func (r *run) addPair(p *pair) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.pairs[p.id] = p
}

// pair returns a pair by its number, or nil.
func (r *run) pair(id int) *pair {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.pairs[id]
}

// serve performs the handshake of the server and starts its actors.
func (p *pair) serve(w http.ResponseWriter, r *http.Request) {
	if newRandom(p.run.seed, fmt.Sprint("serve ", p.id)).chance(30) {
		p.run.handler.ServeHTTP(w, r)
		return
	}
	session, stream, err := p.run.plan.upgrader.Handle(w, r)
	p.run.trace.add(p.server.name, "Handle: ", class(err))
	if err == nil {
		p.server.begin(session, stream)
		return
	}
	p.checkHandshake("Handle", err)
}

// serveSession is the function of Upgrader.Handler. It returns when the session has ended, or
// earlier, or panics.
func (r *run) serveSession(session *ws.Session, stream *ws.MessageStream) {
	r.readers.begin()
	defer r.readers.done()
	p := r.pair(session.RemoteAddr().(*net.TCPAddr).Port - firstPort)
	a := p.server.newActor("handler")
	r.trace.add(p.server.name, "Handler")
	p.server.begin(session, stream)
	if a.random.chance(70) {
		<-session.Done()
		return
	}
	a.lane.pause(a.random.between(0, r.plan.duration))
	p.server.closesItself()
	if a.random.chance(30) {
		panic(one[any](a.random, "simulation", http.ErrAbortHandler))
	}
}

// checkHandshake checks the error of a handshake.
func (p *pair) checkHandshake(what string, err error) {
	var refused *ws.HandshakeError
	switch {
	case p.link.harmed(), !p.accepted, errors.Is(err, context.DeadlineExceeded):
	case errors.Is(err, ws.ErrShutdown) && !p.run.shutAt().IsZero():
	case errors.As(err, &refused) && refused.Status == http.StatusServiceUnavailable &&
		(!p.run.shutAt().IsZero() || p.run.plan.upgrader.MaxSessions > 0):
	case what == "Handle" && p.client.gaveUp():
	default:
		p.run.failf("pair %d: %s: %v", p.id, what, err)
	}
}

// client is a program that connects: once, or again when it has lost its connection.
type client struct {
	run     *run
	id      int
	name    string
	lane    lane
	random  random
	dialer  *ws.Dialer
	current *pair // of the attempt in progress
	number  int   // of attempts
}

// maxAttempts is how often a client connects at most.
const maxAttempts = 6

func newClient(r *run, id int) *client {
	name := fmt.Sprint("client program ", id)
	c := &client{run: r, id: id, name: name, random: newRandom(r.seed, name)}
	c.lane = lane((id*maxAttempts*lanesPair + laneDial) % int(laneShutdown))
	c.dialer = one(c.random, r.plan.dialers...)
	return c
}

// next makes the pair of the next attempt.
func (c *client) next() *pair {
	c.current = newPair(c.run, c.id*maxAttempts+c.number, c.dialer)
	c.number++
	return c.current
}

const url = "ws://simulation.example/"

// run connects, at an instant that the seed chooses.
func (c *client) connect() {
	c.lane.pause(c.random.between(0, c.run.plan.duration/2))
	ctx := context.WithValue(context.Background(), clientKey{}, c)
	if c.random.chance(25) {
		c.redial(ctx)
		return
	}
	now := time.Now()
	limit := one(c.random, 50*time.Millisecond, 10*time.Second, 10*time.Second, time.Minute)
	ctx, cancel := context.WithDeadline(ctx, c.lane.next(now, now.Add(c.random.between(limit/2, limit))))
	defer cancel()
	p := c.next()
	session, stream, err := c.dialer.Dial(ctx, fmt.Sprint(url, p.id))
	c.run.trace.add(c.name, "Dial: ", class(err))
	if err == nil {
		p.client.begin(session, stream)
		return
	}
	p.client.givesUp()
	p.checkHandshake("Dial", err)
}
