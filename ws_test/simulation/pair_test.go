package simulation

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"

	"github.com/handset-go/handset/ws"
)

// pair is the two ends of a session, and the connection between them. It exists from the
// attempt to connect; each end may get a session or not.
type pair struct {
	run            *run
	id             int
	dialer         *ws.Dialer
	connection     *connection
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

// The phases of a pair. Those of the actors of an endpoint follow its first.
const (
	phaseUp = iota
	phaseDown
	phaseFault
	phaseDial
	phaseUntil  // of the deadlines of dials
	phaseClient = 5
	phaseServer = 24
	phasesPair  = 46

	phaseShutdown = 48 * phasesPair // and those behind it are of the run
)

func (p *pair) phase(n int) *phase { return newPhase(p.id*phasesPair + n) }

// newPair makes the pair for an attempt to connect.
func newPair(r *run, id int, d *ws.Dialer) *pair {
	rng := newRandom(r.seed, fmt.Sprint("pair ", id))
	p := &pair{run: r, id: id, dialer: d}
	p.connection = newConnection(r, p)
	p.connection.compresses = d.Compression.Level > 0 && r.plan.upgrader.Compression.Level > 0
	p.client = newEndpoint(p, "client", phaseClient, d.Options)
	p.server = newEndpoint(p, "server", phaseServer, r.plan.upgrader.Options)
	p.client.callbacks, p.server.callbacks = r.callbacks[d], r.callbacks[nil]
	p.client.peer, p.server.peer = p.server, p.client
	p.client.in, p.client.out = p.connection.down, p.connection.up
	p.server.in, p.server.out = p.connection.up, p.connection.down
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
	a.phase.pause(a.random.between(0, r.plan.duration))
	p.server.closesItself()
	if a.random.chance(30) {
		panic(one[any](a.random, "simulation", http.ErrAbortHandler))
	}
}

// checkHandshake checks the error of a handshake.
func (p *pair) checkHandshake(what string, err error) {
	var refused *ws.HandshakeError
	switch {
	case p.connection.harmed(), !p.accepted, errors.Is(err, context.DeadlineExceeded):
	case errors.Is(err, ws.ErrShutdown) && !p.run.shutAt().IsZero():
	case errors.As(err, &refused) && refused.Status == http.StatusServiceUnavailable &&
		(!p.run.shutAt().IsZero() || p.run.plan.upgrader.MaxSessions > 0):
	case what == "Handle" && p.client.gaveUp():
	default:
		p.run.failf("pair %d: %s: %v", p.id, what, err)
	}
}
