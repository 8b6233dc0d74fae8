package soak

import (
	"fmt"
	"math/rand/v2"
	"net/url"
	"strconv"
	"time"
)

// A request is what the two sides of a session agree on. The client chooses it, and the
// server finds it in the query of the URL.
type request struct {
	id        uint32
	behaviour *behaviour
	over      string // how they are connected: see networks
	service   int    // the index of the server's Upgrader
	closer    string // the side that closes the session, "client", "server" or "both"
	seed      uint64
	until     time.Time // when they stop
}

var closers = []string{"client", "server", "both"}

// query returns the request as a query.
func (r *request) query() string {
	return url.Values{
		"id": {fmt.Sprint(r.id)}, "behaviour": {r.behaviour.name}, "over": {r.over}, "service": {fmt.Sprint(r.service)},
		"closer": {r.closer}, "seed": {fmt.Sprint(r.seed)}, "for": {time.Until(r.until).String()},
	}.Encode()
}

// parseRequest parses a query.
func parseRequest(q url.Values) (r request, err error) {
	id, err := strconv.ParseUint(q.Get("id"), 10, 32)
	if err != nil {
		return r, err
	}
	service, err := strconv.Atoi(q.Get("service"))
	if err != nil || service < 0 || service >= len(services) {
		return r, fmt.Errorf("service %q", q.Get("service"))
	}
	seed, err := strconv.ParseUint(q.Get("seed"), 10, 64)
	if err != nil {
		return r, err
	}
	d, err := time.ParseDuration(q.Get("for"))
	if err != nil {
		return r, err
	}
	for i := range behaviours {
		if b := &behaviours[i]; b.name == q.Get("behaviour") {
			return request{uint32(id), b, q.Get("over"), service, q.Get("closer"), seed, time.Now().Add(d)}, nil
		}
	}
	return r, fmt.Errorf("behaviour %q", q.Get("behaviour"))
}

// random returns the source of random numbers of one side.
func (r *request) random(side uint64) *rand.Rand { return rand.New(rand.NewPCG(r.seed, side)) }
