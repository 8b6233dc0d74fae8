package simulation

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/handset-go/handset/ws"
)

// pair is the two ends of a session, and the connection between them.
type pair struct {
	run            *run
	id             int
	dialer         *ws.Dialer
	link           *link
	client, server *endpoint
	start          time.Duration
	dialErr        error
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

	laneShutdown lane = lanes - 64
)

func (p *pair) lane(n int) lane { return lane((p.id*lanesPair + n) % int(laneShutdown)) }

func newPair(r *run, id int, rng random) *pair {
	p := &pair{run: r, id: id, dialer: one(rng, r.plan.dialers...)}
	p.dialer.HTTPClient = r.client
	p.start = rng.between(0, r.plan.duration/2)
	p.link = newLink(r, p)
	p.link.compresses = p.dialer.Compression.Level > 0 && r.plan.upgrader.Compression.Level > 0
	p.client = newEndpoint(p, "client", laneClient, p.dialer.Options)
	p.server = newEndpoint(p, "server", laneServer, r.plan.upgrader.Options)
	p.client.peer, p.server.peer = p.server, p.client
	p.client.in, p.client.out = p.link.down, p.link.up
	p.server.in, p.server.out = p.link.up, p.link.down
	if rng.chance(80) {
		closer := one(rng, p.client, p.server)
		closer.closes = true
		closer.peer.closes = rng.chance(20)
	}
	return p
}

// runClient dials and starts the client's actors.
func (p *pair) runClient() {
	at := p.lane(laneDial)
	rng := newRandom(p.run.seed, fmt.Sprint("dial ", p.id))
	at.pause(p.start)
	ctx := context.WithValue(context.Background(), pairKey{}, p)
	now := time.Now()
	ctx, cancel := context.WithDeadline(ctx, at.next(now, now.Add(one(rng, 10*time.Second, time.Minute))))
	defer cancel()
	session, stream, err := p.dialer.Dial(ctx, fmt.Sprint("ws://simulation.example/", p.id))
	p.run.trace.add(p.client.name, "Dial: ", class(err))
	p.dialErr = err
	if err == nil {
		p.client.begin(session, stream)
		return
	}
	if !p.link.harmed() && !errors.Is(err, context.DeadlineExceeded) {
		p.run.failf("%s: Dial: %v", p.client.name, err)
	}
}

// serve performs the handshake of the server and starts its actors.
func (p *pair) serve(w http.ResponseWriter, r *http.Request) {
	session, stream, err := p.run.plan.upgrader.Handle(w, r)
	p.run.trace.add(p.server.name, "Handle: ", class(err))
	if err == nil {
		p.server.begin(session, stream)
		return
	}
	if !p.link.harmed() {
		p.run.failf("%s: Handle: %v", p.server.name, err)
	}
}
