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

// A ledger compares what the two sides of each session report.
type ledger struct {
	mu       sync.Mutex
	waiting  map[uint32]report   // of one side, until that of the other has arrived
	visits   map[uint32]*request // that go on
	halves   map[uint32]*half    // of the clients, for their logs; only of sessions that go on
	failures []string
	failed   int
	compared int
	sums     sum            // of all messages that were received
	byName   map[string]int // sessions by behaviour and end
}

func newLedger() *ledger {
	return &ledger{waiting: map[uint32]report{}, visits: map[uint32]*request{}, halves: map[uint32]*half{}, byName: map[string]int{}}
}

// maxFailures is how many failures are kept.
const maxFailures = 20

func (l *ledger) fail(text string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.failLocked(text)
}

func (l *ledger) failLocked(text string) {
	l.failed++
	if len(l.failures) < maxFailures {
		l.failures = append(l.failures, text)
	}
}

func (l *ledger) begin(r *request) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.visits[r.id] = r
}

// follow lets open print the log of a half. The half of a session that is abandoned does
// not reference it any more.
func (l *ledger) follow(h *half) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.halves[h.id] = h
}

func (l *ledger) end(r *request) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.visits, r.id)
	delete(l.halves, r.id)
}

// open describes the sessions that go on.
func (l *ledger) open() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	var b strings.Builder
	for id, r := range l.visits {
		fmt.Fprintf(&b, "session %d, %s over %s, until %v\n", id, r.behaviour.name, r.over, r.until.Format(time.TimeOnly))
		if h := l.halves[id]; h != nil {
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
func (l *ledger) add(r report) {
	l.mu.Lock()
	defer l.mu.Unlock()
	other, found := l.waiting[r.ID]
	if !found {
		l.waiting[r.ID] = r
		return
	}
	delete(l.waiting, r.ID)
	if r.Side == "client" {
		l.compareLocked(r, other)
	} else {
		l.compareLocked(other, r)
	}
}

// compareLocked compares both sides of a session.
func (l *ledger) compareLocked(client, server report) {
	b := findBehaviour(client.Behaviour)
	l.compared++
	interrupted := client.Interrupted || server.Interrupted
	var problems []string
	for _, side := range []*report{&client, &server} {
		for _, s := range side.Received {
			l.sums.Messages += s.Messages
			l.sums.Bytes += s.Bytes
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
	l.byName[fmt.Sprintf("%s: %v, %v", client.Behaviour, client.ending(), server.ending())]++
	if len(problems) > 0 {
		l.failLocked(fmt.Sprintf("session %d, %s over %s:\n  %s%s%s", client.ID, client.Behaviour, client.Over,
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

func findBehaviour(name string) *behaviour {
	i := slices.IndexFunc(behaviours, func(b behaviour) bool { return b.name == name })
	return &behaviours[i]
}

// compareSums compares what one side has sent with what the other has received: a
// part of it, in order, and all of it if it was received up to the Close frame, or if
// all of it has left and the connection has ended in order.
func compareSums(from, to *report) (problems []string) {
	if strings.HasPrefix(from.Behaviour, "a member") && from.Side == "server" || from.Behaviour == "data to a server that refuses it" {
		return nil // membership checks it; it is not received
	}
	all := to.Complete || from.Flushed && !from.Interrupted && !to.Interrupted
	if to.Side == "server" && to.Behaviour == "a server that only sends" || to.Behaviour == "a panic" {
		all = false // it does not receive
	}
	for id := range maps.Keys(to.Received) {
		if _, sent := from.Sent[id]; !sent {
			problems = append(problems, fmt.Sprintf("%s has received stream %x, which was not sent", to.Side, id))
		}
	}
	for id, sent := range from.Sent {
		got := to.Received[id]
		switch {
		case got.Messages > sent.Messages, got.Messages == sent.Messages && got != sent, all && got != sent:
			problems = append(problems, fmt.Sprintf("stream %x: %s has sent %v, %s has received %v; all expected: %v", id, from.Side, sent, to.Side, got, all))
		}
	}
	return problems
}

// compareClose compares the Close frames of both sides.
func compareClose(client, server *report) (problems []string) {
	c, s := client.Close, server.Close
	if c == nil || s == nil {
		return nil
	}
	if c.Received.Code != s.Sent.Code || s.Received.Code != c.Sent.Code ||
		!strings.HasPrefix(s.Sent.Description, c.Received.Description) || !strings.HasPrefix(c.Sent.Description, s.Received.Description) {
		problems = append(problems, fmt.Sprintf("Close frames: the client's are %+v, the server's %+v", *c, *s))
	}
	if c.ByPeer && s.ByPeer {
		problems = append(problems, "each side says that the other has closed the session")
	}
	return problems
}

// compareSkipped compares how many messages were too big, or dropped for a member.
func compareSkipped(client, server *report) []string {
	switch client.Behaviour {
	case "messages that are too big":
		if server.Skipped > client.Skipped || server.Complete && server.Skipped != client.Skipped {
			return []string{fmt.Sprintf("the client has sent %d messages that are too big, the server has received %d", client.Skipped, server.Skipped)}
		}
	case "a member that misses the newest":
		if client.Skipped > server.Skipped {
			return []string{fmt.Sprintf("the member has missed %d messages, the group says %d", client.Skipped, server.Skipped)}
		}
	}
	return nil
}

// shrink makes the maps small again, because what they hold counts as memory of the clients.
func (l *ledger) shrink() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.waiting, l.visits, l.halves = maps.Clone(l.waiting), maps.Clone(l.visits), maps.Clone(l.halves)
}

// finish returns the failures, with those of sessions of which one side has not reported.
func (l *ledger) finish() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	for id, r := range l.waiting {
		if b := findBehaviour(r.Behaviour); r.Side == "client" && b.name == "a connection lost in the handshake" {
			continue
		}
		if r.Failure != "" || !(r.Side == "server" && r.End != ws.EndClosed) {
			l.failLocked(fmt.Sprintf("session %d, %s: only the %s has reported\n  %s%s", id, r.Behaviour, r.Side, r.Failure, r.describe()))
		}
	}
	failures := slices.Clone(l.failures)
	if l.failed > len(failures) {
		failures = append(failures, fmt.Sprintf("and %d more", l.failed-len(failures)))
	}
	l.waiting, l.visits, l.halves = map[uint32]report{}, map[uint32]*request{}, map[uint32]*half{}
	return failures
}
