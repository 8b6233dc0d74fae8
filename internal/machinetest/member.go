package machinetest

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/handset-go/handset/ws"
)

// patience is how long a test waits for what happens soon, or when a broker has come back.
const patience = 40 * time.Second

// A member is a client of a server, and a member of one group.
type member struct {
	server, group int
	session       *ws.Session
	answers       chan string // what Publish has returned

	mu      sync.Mutex
	events  []event
	last    map[int]int   // the last number of each publisher
	err     error         // why no more events arrive
	changed chan struct{} // closed when something above has changed
}

// An event is a message that a member has received, or a gap.
type event struct {
	publisher, number int // the number is 0 if the event is a gap
	gap               string
}

// dial connects a member to a server and waits until it has joined.
func dial(t testing.TB, address string, server, group int) (*member, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	session, stream, err := ws.Dial(ctx, fmt.Sprintf("ws://%s/group %d", address, group))
	if err != nil {
		return nil, err
	}
	m := &member{server: server, group: group, session: session, answers: make(chan string, 1), last: map[int]int{}, changed: make(chan struct{})}
	t.Cleanup(func() { _ = session.Close(ws.CloseReason{}); <-session.Done() })
	messages := stream.Aggregate(0)
	first, err := messages.Recv(ctx)
	if err == nil && string(first.Data) != "joined" {
		err = fmt.Errorf("joining has failed: %s", first.Data)
	}
	if err != nil {
		return nil, err
	}
	go m.receive(messages)
	return m, nil
}

// receive records what arrives.
func (m *member) receive(messages *ws.AggregatedStream) {
	for {
		message, err := messages.Recv(context.Background())
		if err == nil && message.Kind == ws.Close {
			err = fmt.Errorf("server has closed the session: %v", message.Reason)
		}
		if err != nil {
			m.end(err)
			return
		}
		m.record(string(message.Data))
	}
}

func (m *member) record(text string) {
	var e event
	if gap, ok := strings.CutPrefix(text, "gap "); ok {
		e.gap = gap
	} else if n, _ := fmt.Sscanf(text, "message %d %d", &e.publisher, &e.number); n != 2 {
		m.answers <- text
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.events = append(m.events, e)
	if e.gap == "" {
		m.last[e.publisher] = e.number
	}
	m.wakeLocked()
}

func (m *member) end(err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.err = err
	close(m.answers)
	m.wakeLocked()
}

func (m *member) wakeLocked() {
	close(m.changed)
	m.changed = make(chan struct{})
}

// until waits until the member has received a publisher's message of a number or later.
func (m *member) until(t testing.TB, publisher, number int, what string) {
	t.Helper()
	timeout := time.NewTimer(patience)
	defer timeout.Stop()
	for {
		m.mu.Lock()
		last, err, changed := m.last[publisher], m.err, m.changed
		m.mu.Unlock()
		if last >= number {
			return
		}
		if err != nil {
			t.Fatalf("%s: a member of group %d on server %d: %v", what, m.group, m.server, err)
		}
		select {
		case <-changed:
		case <-timeout.C:
			t.Fatalf("%s: a member of group %d on server %d has received %d of publisher %d, want %d",
				what, m.group, m.server, last, publisher, number)
		}
	}
}

// message is what a publisher sends.
func message(publisher, number int) string {
	return "message " + strconv.Itoa(publisher) + " " + strconv.Itoa(number)
}
