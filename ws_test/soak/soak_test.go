package soak

import (
	"context"
	"flag"
	"math/rand/v2"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/handset-go/handset/ws"
)

var (
	soakTime = flag.Duration("soak", 0, "how long the soak takes after the warm-up; HANDSET_SOAK if it is 0")
	sessions = flag.Int("sessions", 0, "how many sessions there are at a time")
	seed     = flag.Uint64("seed", 0, "of the random numbers")
)

// shortSoak is how long the soak takes in every run of the tests.
const shortSoak = 1500 * time.Millisecond

// size returns how long the soak takes, and how many sessions it has.
func size(t *testing.T) (d time.Duration, n int) {
	d, n = *soakTime, 2000
	if text := os.Getenv("HANDSET_SOAK"); d == 0 && text != "" {
		var err error
		if d, err = time.ParseDuration(text); err != nil {
			t.Fatal("HANDSET_SOAK: ", err)
		}
	}
	switch {
	case d == 0:
		d, n = shortSoak, 100
	case raceDetector:
		n = 1000
	}
	if *sessions > 0 {
		n = *sessions
	}
	return d, n
}

// TestSoak runs thousands of sessions with random behaviours, which are in the table
// of behaviour_test.go. Nothing that is sent may be lost or altered. At the end both
// processes use what they did at the start, after a warm-up with as many sessions, because
// the runtime does not free what it needs for each goroutine.
func TestSoak(t *testing.T) {
	d, n := size(t)
	if *seed == 0 {
		*seed = rand.Uint64()
	}
	t.Logf("%d sessions for %v; -seed %d", n, d, *seed)
	s := newSoak(t)
	s.run(min(d/3, 15*time.Second), n, 1)
	startClients, startServer := s.measure(nil)
	s.monitor(n)
	began := s.clients.counts.sessions.Load()
	s.run(d, n, 2)
	s.endMonitor()
	endClients, endServer := s.measure(&startClients)
	s.expectEqual("clients", startClients, endClients, n)
	s.expectEqual("server", startServer, endServer, n)
	t.Logf("the clients have begun %d sessions", s.clients.counts.sessions.Load()-began)
	s.finish()
}

// soak is the test.
type soak struct {
	*testing.T
	results    *results
	server     *process
	clients    *clients
	samples    [2][]sample // of the clients and of the server
	basePace   int64       // in percent
	endMonitor func()
}

func newSoak(t *testing.T) *soak {
	s := &soak{T: t, results: newResults()}
	s.server = startServer(t, s.results)
	s.clients = &clients{
		networks: newNetworks(s.server.hello.Addresses, certificates(s.server.hello.Certificate)),
		dialers:  map[string][]*ws.Dialer{}, pace: newPace(), results: s.results, tally: &tally{},
	}
	for name, network := range s.clients.networks {
		dialers := dialerOptions(s.clients.tally)
		for _, d := range dialers {
			d.HTTPClient = network.http
		}
		s.clients.dialers[name] = dialers
	}
	return s
}

func newPace() *pace {
	p := &pace{}
	p.percent.Store(100)
	return p
}

// longestSession is how long a session may last. If the soak is too short for that,
// sessions are shorter, and do all the faster what they do.
const longestSession = 20 * time.Second

// run runs n sessions at a time, for d.
func (s *soak) run(d time.Duration, n int, part uint64) {
	s.clients.rng = rand.New(rand.NewPCG(*seed, part))
	s.clients.longest = min(longestSession, d/2)
	ctx, cancel := context.WithCancel(context.Background()) // without a deadline, which a dial would notice before ctx ends
	defer time.AfterFunc(d, cancel).Stop()
	s.clients.stop = ctx
	s.basePace = max(5, int64(100*s.clients.longest/longestSession))
	s.setPace(s.basePace)
	s.server.do(command{Restart: min(5*time.Second, d/5), Seed: *seed + part})
	if err := s.clients.run(n); err != nil {
		s.failAll(err.Error())
	}
}

// failAll ends the test with all failures.
func (s *soak) failAll(text string) {
	s.Helper()
	s.Fatal(strings.Join(append(s.results.finish(), text), "\n\n"))
}

// measure waits until the sessions of both sides have ended and measures both processes.
func (s *soak) measure(before *sample) (clients, server sample) {
	s.server.do(command{Measure: true})
	endGC := every(50*time.Millisecond, runtime.GC) // the server waits for the sessions that clients have abandoned
	server = answer(s.server, s.server.measured, "measure")
	endGC()
	s.results.shrink()
	clients, problem := settle(s.clients.idle, before)
	if problem != "" {
		s.results.fail("clients: " + problem)
	}
	if s.results.hasFailed() {
		s.failAll("")
	}
	return clients, server
}

// idle reports whether no session is left, and closes what HTTP keeps open.
func (c *clients) idle() bool {
	for _, network := range c.networks {
		network.http.CloseIdleConnections()
	}
	return c.sessions() == 0
}

// sessions returns how many sessions the Dialers have.
func (c *clients) sessions() (n int) {
	for _, dialers := range c.dialers {
		for _, d := range dialers {
			n += d.Stats().Sessions
		}
	}
	return n
}

// targetCPU is how much of a processor both processes use at most, so that the machine
// stays usable.
const targetCPU = 0.85

// monitor samples both processes each second, and slows the sessions down while these
// use too much of the processor.
func (s *soak) monitor(n int) {
	last := measure(0)
	lastServer, at, count := sample{}, time.Now(), 0
	endCollecting := collectGarbage()
	endSamples := every(time.Second, func() {
		var server sample
		select {
		case server = <-s.server.samples:
		default:
			return // the server is late
		}
		now := measure(s.clients.sessions())
		if now.Sessions > n*9/10 { // and not while they begin or end
			s.samples[0], s.samples[1] = append(s.samples[0], now), append(s.samples[1], server)
		}
		if lastServer.CPU > 0 {
			s.adjust(now.CPU-last.CPU+server.CPU-lastServer.CPU, time.Since(at))
		}
		last, lastServer, at = now, server, time.Now()
		if count++; count%30 == 0 {
			s.Logf("clients: %v\nserver: %v; pace %d %%; %v", now, server, s.clients.pace.percent.Load(), s.results.received())
		}
	})
	s.endMonitor = func() { endSamples(); endCollecting() }
}

// adjust changes the pace for the CPU time of a time.
func (s *soak) adjust(cpu, passed time.Duration) {
	pace := s.clients.pace.percent.Load()
	switch use := cpu.Seconds() / passed.Seconds(); {
	case use > targetCPU:
		pace += pace / 8
	case use < 0.75*targetCPU && pace > s.basePace:
		pace = max(s.basePace, pace-pace/16)
	default:
		return
	}
	s.setPace(pace)
}

func (s *soak) setPace(percent int64) {
	s.clients.pace.percent.Store(percent)
	s.server.do(command{Pace: percent})
}

// expectEqual compares what a process uses at the end with what it did at the start.
func (s *soak) expectEqual(what string, start, end sample, sessions int) {
	s.Logf("%s at the start: %v", what, start)
	s.Logf("%s at the end: %v", what, end)
	for _, problem := range start.exceeded(end, sessions) {
		s.Errorf("%s: %s", what, problem)
	}
}

// finish shuts both sides down and checks what is left and what was counted.
func (s *soak) finish() {
	for i, what := range [...]string{"clients", "server"} {
		for _, problem := range trends(s.samples[i]) {
			s.Errorf("%s: %s", what, problem)
		}
		for _, sample := range s.samples[i] {
			if sample.Heap > memoryBound(sample.Sessions) {
				s.Errorf("%s: heap of %.1f MiB: %v", what, mib(sample.Heap), sample)
				break
			}
		}
	}
	s.server.do(command{Finish: true})
	server := answer(s.server, s.server.finished, "finish")
	clients := newStats()
	for _, dialers := range s.clients.dialers {
		for _, d := range dialers {
			if err := d.Shutdown(context.Background()); err != nil {
				s.Error(err)
			}
			addStats(&clients, d.Stats())
		}
	}
	for _, problem := range append(s.clients.tally.compare(clients), s.results.finish()...) {
		s.Error(problem)
	}
	if left := leftGoroutines(); left != "" {
		s.Error("goroutines are left:\n" + left)
	}
	s.Logf("clients: %+v", clients)
	s.Logf("server: %+v", server)
	s.Logf("%v were received and compared in %d sessions:\n%s", s.results.received(), s.results.compared, s.results.endings())
}
