// Package hostile_test measures what a hostile peer costs. Each attack of its table is made
// against a victim: a server or a client of the library that runs in a process of its own,
// so that the memory, CPU time, goroutines and descriptors of the process are the library's.
// What the attack may cost is asserted: memory for each connection, and CPU time beside that
// of an honest peer of the same process. An honest peer beside the attack must be served.
//
//	go test -v ./ws_test/hostile
//
// prints a line for each attack, and -update-docs writes them to docs/hostile.md.
package hostile_test

import (
	"sync"
	"testing"
	"time"
)

// attack is a row of the table.
type attack struct {
	name  string
	does  string // what the attacker sends, for the documentation
	sides []side
	settings
	path  string // what the attacked sessions do; empty means /receive
	conns int    // number of connections of the attacker
	waits bool   // the attack takes time, but hardly any CPU time, so that it runs beside others

	// One of these makes the attack: script on each connection, after the handshake; raw on
	// each connection, without one; or whole, which opens its own connections.
	script, raw func(p *peer) sent
	whole       func(s *trial) sent
	// settle is called when all scripts have returned, before the usage is measured.
	settle func(s *trial, did sent)
	// until is what is waited for after that. Then end is called for each connection. It
	// returns what is not as expected.
	until func(report) bool
	end   func(p *peer) error

	honest honest // whom the CPU time is compared with
	bounds
	expect func(report) bool // of the victim, in the end
}

// sent is how much an attacker, or an honest peer, has sent.
type sent struct{ bytes, units int }

func (s *sent) add(other sent) { s.bytes, s.units = s.bytes+other.bytes, s.units+other.units }

// bounds are what an attack may cost.
type bounds struct {
	unit string  // of the CPU time: byte, frame, write, connection …
	cpu  float64 // at most so many times the CPU time of an honest peer for a unit
	// live is the memory in use for each connection at the end of the attack, and peak the
	// resident memory of all during it, both in bytes and beyond that of the victim at rest.
	live, peak int64
	goroutines float64 // for each connection
}

// both are the sides of an attack that is the same for both.
var both = []side{server, client}

func TestHostile(t *testing.T) {
	if n := manyConns(10_000); n < 10_000 {
		t.Logf("NOT TESTED with 10,000 connections, but with %d: that takes HANDSET_SOAK=1, 10,500 descriptors, and no race detector", n)
	}
	page := newPage(t)
	for i, a := range attacks() {
		for _, on := range a.sides {
			oneSide := len(a.sides) > 1 && on != a.sides[i%2]
			if raceDetector && (oneSide || testing.Short() && i%3 > 0) {
				continue // all take too long, and hardly anything of them is measured
			}
			t.Run(string(on)+"/"+a.name, func(t *testing.T) {
				if a.waits {
					t.Parallel()
				}
				f := a.run(t, on)
				for range 2 {
					if f.disturbed(a) {
						t.Log("measured again:", f.line(a))
						f = a.run(t, on)
					}
				}
				t.Log(f.line(a))
				f.check(t, a)
				page.add(a, on, f)
			})
		}
	}
}

// run makes the attack.
func (a attack) run(t *testing.T, on side) (f figures) {
	t.Helper()
	s := &trial{t: t, on: on, v: startVictim(t, a.settings), s: a.settings}
	s.connect("/echo").leave(t) // whatever the first session allocates is there
	f.rest = s.settled(usage{})
	f.honest = s.cost(a.honest)
	f.rest = s.settled(f.rest)

	other := s.startBystander()
	s.received = s.v.report().Received
	f.before = s.v.usage()
	a.attack(s, &f)
	f.during = s.v.usage()
	f.served = other.stop(t)
	if a.until != nil {
		if r, ok := s.v.await(a.until); !ok {
			t.Errorf("this became of the sessions: %+v", r)
		}
	}
	a.endAll(t, s.open)
	s.closeOpen()
	f.after = s.settled(f.rest)
	f.report = s.v.report()
	s.v.stop()
	return f
}

// attack opens the connections and attacks them at the same time.
func (a attack) attack(s *trial, f *figures) {
	s.t.Helper()
	if a.whole != nil {
		f.did = a.whole(s)
		return
	}
	path := a.path
	if path == "" {
		path = "/receive"
	}
	connect, script := s.connect, a.script
	if a.raw != nil {
		connect, script = s.connectRaw, a.raw
	}
	var all sync.WaitGroup
	results := make([]sent, a.conns)
	for i := range a.conns {
		p := connect(path)
		s.open = append(s.open, p)
		all.Go(func() { results[i] = script(p) })
	}
	all.Wait()
	for _, r := range results {
		f.did.add(r)
	}
	if a.settle != nil {
		a.settle(s, f.did)
	}
}

// endAll ends the attack on each connection.
func (a attack) endAll(t *testing.T, peers []*peer) {
	t.Helper()
	if a.end == nil {
		return
	}
	errs := make([]error, len(peers))
	var all sync.WaitGroup
	for i, p := range peers {
		all.Go(func() { errs[i] = a.end(p) })
	}
	all.Wait()
	for i, err := range errs {
		if err != nil {
			t.Errorf("connection %d: %v", i, err)
			return
		}
	}
}

// settled waits until no session is left, and no more goroutines and descriptors than at
// rest, and returns the usage.
func (s *trial) settled(rest usage) (u usage) {
	s.t.Helper()
	if r, ok := s.v.await(func(r report) bool { return r.Sessions == 0 && r.Dialing == 0 && r.Members == 0 }); !ok {
		s.t.Errorf("sessions are left: %+v", r)
	}
	deadline := time.Now().Add(testTimeout)
	for {
		u = s.v.usage()
		if rest == (usage{}) || u.Goroutines <= rest.Goroutines && u.Descriptors <= rest.Descriptors || time.Now().After(deadline) {
			return u
		}
		<-time.After(5 * time.Millisecond) // goroutines of net/http end a little later
	}
}
