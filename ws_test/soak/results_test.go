package soak

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/handset-go/handset/ws"
)

// results are what the two sides of each session report, compared with each other.
type results struct {
	mu       sync.Mutex
	waiting  map[uint32]report   // of one side, until that of the other has arrived
	visits   map[uint32]*request // that go on
	halves   map[uint32]*half    // of the clients, for their logs; only of sessions that go on
	failures []string
	failed   int
	compared int
	sums     sum            // of all messages that were received, without the checksums
	byName   map[string]int // sessions by behaviour and end
}

func newResults() *results {
	return &results{waiting: map[uint32]report{}, visits: map[uint32]*request{}, halves: map[uint32]*half{}, byName: map[string]int{}}
}

// maxFailures is how many failures are kept.
const maxFailures = 20

func (rs *results) fail(text string) {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	rs.failLocked(text)
}

func (rs *results) failLocked(text string) {
	rs.failed++
	if len(rs.failures) < maxFailures {
		rs.failures = append(rs.failures, text)
	}
}

func (rs *results) begin(r *request) {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	rs.visits[r.id] = r
}

// follow lets open print the log of a half. The half of a session that is abandoned does
// not reference it any more.
func (rs *results) follow(h *half) {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	rs.halves[h.id] = h
}

func (rs *results) end(r *request) {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	delete(rs.visits, r.id)
	delete(rs.halves, r.id)
}

// open describes the sessions that go on.
func (rs *results) open() string {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	var b strings.Builder
	for id, r := range rs.visits {
		fmt.Fprintf(&b, "session %d, %s over %s, until %v\n", id, r.behaviour.name, r.over, r.until.Format(time.TimeOnly))
		if h := rs.halves[id]; h != nil {
			h.mu.Lock()
			fmt.Fprintf(&b, "\t%s\n", strings.Join(h.log.lines(), "\n\t"))
			h.mu.Unlock()
		}
		if b.Len() > 64<<10 {
			break
		}
	}
	return b.String()
}

// add adds a report and compares it with that of the other side.
func (rs *results) add(r report) {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	other, found := rs.waiting[r.ID]
	if !found {
		rs.waiting[r.ID] = r
		return
	}
	delete(rs.waiting, r.ID)
	if r.Side == "client" {
		rs.compareLocked(r, other)
	} else {
		rs.compareLocked(other, r)
	}
}

// compareLocked compares both sides of a session.
func (rs *results) compareLocked(client, server report) {
	b := findBehaviour(client.Behaviour)
	rs.compared++
	interrupted := client.Interrupted || server.Interrupted
	var problems []string
	for _, side := range []*report{&client, &server} {
		for _, s := range side.Received {
			rs.sums.Messages += s.Messages
			rs.sums.Bytes += s.Bytes
		}
		if side.Failure != "" {
			problems = append(problems, side.Side+": "+side.Failure)
		}
		if !side.Dropped && side.Err != "" && !b.ends.allowed(side.Side, side.End, interrupted) {
			problems = append(problems, fmt.Sprintf("%s: ended with %s (%v)", side.Side, side.Err, side.End))
		}
	}
	if !client.Dropped && !server.Dropped {
		problems = append(problems, compareSums(&client, &server)...)
		problems = append(problems, compareSums(&server, &client)...)
		problems = append(problems, compareClose(&client, &server)...)
		problems = append(problems, compareSkipped(&client, &server)...)
	}
	rs.byName[fmt.Sprintf("%s: %v, %v", client.Behaviour, client.ending(), server.ending())]++
	if len(problems) > 0 {
		rs.failLocked(fmt.Sprintf("session %d, %s over %s:\n  %s%s%s", client.ID, client.Behaviour, client.Over,
			strings.Join(problems, "\n  "), client.describe(), server.describe()))
	}
}

// ending returns how a side has ended, in words.
func (r *report) ending() string {
	if r.Dropped {
		return "dropped"
	}
	return r.End.String()
}

func (r *report) describe() string {
	log := r.Log
	r.Log = nil
	text, _ := json.Marshal(r)
	r.Log = log
	return fmt.Sprintf("\n%s: %s\n\t%s", r.Side, text, strings.Join(log, "\n\t"))
}

// shrink makes the maps small again, because what they hold counts as memory of the clients.
func (rs *results) shrink() {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	rs.waiting, rs.visits, rs.halves = maps.Clone(rs.waiting), maps.Clone(rs.visits), maps.Clone(rs.halves)
}

// finish returns the failures, with those of sessions of which one side has not reported.
func (rs *results) finish() []string {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	for id, r := range rs.waiting {
		if b := findBehaviour(r.Behaviour); r.Side == "client" && b.name == "a connection lost in the handshake" {
			continue
		}
		if r.Failure != "" || !(r.Side == "server" && r.End != ws.EndClosed) {
			rs.failLocked(fmt.Sprintf("session %d, %s: only the %s has reported\n  %s%s", id, r.Behaviour, r.Side, r.Failure, r.describe()))
		}
	}
	failures := slices.Clone(rs.failures)
	if rs.failed > len(failures) {
		failures = append(failures, fmt.Sprintf("and %d more", rs.failed-len(failures)))
	}
	rs.waiting, rs.visits, rs.halves = map[uint32]report{}, map[uint32]*request{}, map[uint32]*half{}
	return failures
}

// received returns what was received and compared.
func (rs *results) received() string {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	return fmt.Sprintf("%d messages of %.1f MiB", rs.sums.Messages, mib(rs.sums.Bytes))
}

func (rs *results) hasFailed() bool {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	return rs.failed > 0
}

// endings returns how often sessions of each behaviour have ended in which way.
func (rs *results) endings() string {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	var lines []string
	for what, n := range rs.byName {
		lines = append(lines, fmt.Sprintf("%7d %s", n, what))
	}
	slices.SortFunc(lines, func(a, b string) int { return strings.Compare(a[8:], b[8:]) })
	return strings.Join(lines, "\n")
}
