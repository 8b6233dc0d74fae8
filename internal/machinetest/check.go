package machinetest

import (
	"strings"
	"testing"
)

// A Count is how many of what all members have received, and of what they should have.
type Count struct {
	Received, Missing, Gaps                 int // of all members
	Accepted, Unavailable, Local, Uncertain int // of all publishers
}

// Check ends the publishing, waits until all has arrived, and checks what each member
// has received: every accepted message or a gap, none twice, none that was not
// published, and those of each publisher in order.
func (m *Machines) Check(t testing.TB) Count {
	t.Helper()
	m.Settle(t, "at the end")
	m.stop()
	for _, p := range m.publishers {
		for _, member := range m.members {
			if member.group == p.group && !m.killed[member.server] && !m.killed[p.server] {
				member.until(t, p.id, p.accepted, "the last message")
			}
		}
	}
	var count Count
	for _, member := range m.members {
		m.checkMember(t, member, &count)
	}
	for _, p := range m.publishers {
		count.add(p.outcomes)
	}
	t.Logf("%+v", count)
	return count
}

func (c *Count) add(outcomes []string) {
	for _, outcome := range outcomes {
		switch kind, _, _ := strings.Cut(outcome, " "); kind {
		case "accepted":
			c.Accepted++
		case "unavailable":
			c.Unavailable++
		case "local":
			c.Local++
		default:
			c.Uncertain++
		}
	}
}

// checkMember checks what a member has received.
func (m *Machines) checkMember(t testing.TB, member *member, count *Count) {
	t.Helper()
	member.mu.Lock()
	events := member.events
	member.mu.Unlock()
	received := map[int][]int{} // the indexes of each publisher's messages
	lastGap := -1
	for i, e := range events {
		if e.gap != "" {
			lastGap = i
			count.Gaps++
			continue
		}
		count.Received++
		received[e.publisher] = append(received[e.publisher], i)
	}
	for _, p := range m.publishers {
		if p.group == member.group {
			m.checkPublisher(t, member, p, events, received[p.id], lastGap, count)
		}
		delete(received, p.id)
	}
	if len(received) > 0 {
		t.Errorf("a member of group %d has received messages of another group", member.group)
	}
}

// checkPublisher checks what a member has received of one publisher.
func (m *Machines) checkPublisher(t testing.TB, member *member, p *publisher, events []event, received []int, lastGap int, count *Count) {
	t.Helper()
	place := -1 // of the last message of the publisher that was received
	for i, outcome := range p.outcomes {
		kind, _, _ := strings.Cut(outcome, " ")
		if len(received) > 0 && events[received[0]].number == i+1 {
			place, received = received[0], received[1:]
			if kind == "unavailable" || kind == "local" && member.server != p.server {
				t.Errorf("a member on server %d has received message %d of publisher %d on server %d, which was %s",
					member.server, i+1, p.id, p.server, outcome)
			}
			continue
		}
		if kind == "accepted" || kind == "local" && member.server == p.server {
			if m.killed[member.server] && len(received) == 0 {
				continue // it may have been killed before
			}
			count.Missing++
			if lastGap < place || lastGap < 0 {
				t.Errorf("a member on server %d has not received message %d of publisher %d on server %d, and no gap after the one before it",
					member.server, i+1, p.id, p.server)
				return
			}
		}
	}
	if len(received) > 0 {
		e := events[received[0]]
		t.Errorf("a member on server %d has received message %d of publisher %d twice, out of order or without its being sent",
			member.server, e.number, e.publisher)
	}
}
