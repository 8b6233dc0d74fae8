package machinetest

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"
)

// interval is the time between two messages of a publisher.
const interval = 100 * time.Millisecond

// A publisher is a member that sends numbered messages.
type publisher struct {
	*member
	id int

	mu       sync.Mutex
	outcomes []string      // of each message
	accepted int           // the last number that was accepted
	changed  chan struct{} // closed when something above has changed
}

// run publishes until ctx or the session ends.
func (p *publisher) run(ctx context.Context) {
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-p.session.Done():
			return
		case <-ticker.C:
		}
		p.mu.Lock()
		number := len(p.outcomes) + 1
		p.outcomes = append(p.outcomes, "unknown")
		p.mu.Unlock()
		if err := p.session.Text(context.Background(), message(p.id, number)); err != nil {
			return
		}
		answer, ok := <-p.answers
		if !ok {
			return
		}
		p.outcome(number, answer)
	}
}

func (p *publisher) outcome(number int, answer string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.outcomes[number-1] = answer
	if answer == "accepted" {
		p.accepted = number
	}
	close(p.changed)
	p.changed = make(chan struct{})
}

// sentBy returns how many messages each publisher has published.
func sentBy(publishers []*publisher) []int {
	sent := make([]int, len(publishers))
	for i, p := range publishers {
		p.mu.Lock()
		sent[i] = len(p.outcomes)
		p.mu.Unlock()
	}
	return sent
}

// until waits for a message after the first sent ones that has one of some outcomes, and
// returns its number.
func (p *publisher) until(t testing.TB, sent int, outcomes, what string) int {
	t.Helper()
	timeout := time.NewTimer(patience)
	defer timeout.Stop()
	for {
		p.mu.Lock()
		answers, changed := p.outcomes[sent:], p.changed
		for i, answer := range answers {
			if kind, _, _ := strings.Cut(answer, " "); strings.Contains(outcomes, kind) {
				p.mu.Unlock()
				return sent + i + 1
			}
		}
		p.mu.Unlock()
		select {
		case <-changed:
		case <-timeout.C:
			t.Fatalf("%s: the messages of publisher %d on server %d are %q, want one that is %s", what, p.id, p.server, answers, outcomes)
		}
	}
}
