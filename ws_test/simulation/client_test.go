package simulation

import (
	"context"
	"fmt"
	"time"

	"github.com/handset-go/handset/ws"
)

// client is a program that connects: once, or again when it has lost its connection.
type client struct {
	run     *run
	id      int
	name    string
	phase   *phase
	until   *phase // of deadlines
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
	c.phase = newPhase(id*maxAttempts*phasesPair + phaseDial)
	c.until = newPhase(id*maxAttempts*phasesPair + phaseUntil)
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
	c.phase.pause(c.random.between(0, c.run.plan.duration/2))
	ctx := context.WithValue(context.Background(), clientKey{}, c)
	if c.random.chance(25) {
		c.redial(ctx)
		return
	}
	now := time.Now()
	limit := one(c.random, 50*time.Millisecond, 10*time.Second, 10*time.Second, time.Minute)
	ctx, cancel := context.WithDeadline(ctx, c.until.next(now, now.Add(c.random.between(limit/2, limit))))
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
