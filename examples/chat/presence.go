package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"io"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/handset-go/handset/group"
)

const (
	presenceGroup = ":presence" // which is not the name of a room

	reportInterval = 5 * time.Second        // between two reports of the same
	reportDelay    = 100 * time.Millisecond // between a change and its report, so that one has many
	reportExpiry   = 3 * reportInterval     // after which a server is gone
)

// presence knows who is in which room, on all servers. Each server reports the people
// of its rooms to all, itself included, at each change and from time to time.
type presence struct {
	server  string // its ID
	broker  group.Broker
	changed func(room string, people []person)
	stop    context.CancelFunc
	ended   sync.WaitGroup
	closer  io.Closer
	wake    chan struct{} // a room is in dirty

	mu      sync.Mutex
	local   map[string][]person          // by room
	dirty   map[string]bool              // the rooms of which a report is due
	reports map[string]map[string]report // by room and server
}

// A report is the people in a room of one server. With Ask it is a question: all
// servers send theirs.
type report struct {
	Server string   `json:"server"`
	Room   string   `json:"room,omitempty"`
	People []person `json:"people,omitempty"`
	Ask    bool     `json:"ask,omitempty"`

	at time.Time
}

// newPresence begins to report and to receive reports. It calls changed when the people
// of a room change, and every reportInterval, with the people sorted by name. changed
// must not block.
func newPresence(ctx context.Context, broker group.Broker, changed func(string, []person)) (*presence, error) {
	p := &presence{
		server: rand.Text(), broker: broker, changed: changed, wake: make(chan struct{}, 1),
		local: map[string][]person{}, dirty: map[string]bool{}, reports: map[string]map[string]report{},
	}
	subscribing, cancel := context.WithTimeout(ctx, publishTimeout)
	defer cancel()
	var err error
	if p.closer, err = broker.Subscribe(subscribing, presenceGroup, p.receive); err != nil {
		return nil, err
	}
	ctx, p.stop = context.WithCancel(context.WithoutCancel(ctx)) // those who leave at the end are reported, too
	p.ended.Go(func() { p.run(ctx) })
	return p, nil
}

// close sends the last reports. The members have left.
func (p *presence) close() {
	p.stop()
	p.ended.Wait()
	ctx, cancel := context.WithTimeout(context.Background(), publishTimeout)
	defer cancel()
	p.publishDirty(ctx)
	_ = p.closer.Close()
}

// enter adds a member to its room.
func (p *presence) enter(m *member) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.local[m.room] = append(p.local[m.room], m.person)
	p.reportLocked(m.room)
}

// leave removes a member from its room.
func (p *presence) leave(m *member) {
	p.mu.Lock()
	defer p.mu.Unlock()
	people := p.local[m.room]
	i := slices.Index(people, m.person) // or another session of the same person
	p.local[m.room] = slices.Delete(people, i, i+1)
	if len(people) == 1 {
		delete(p.local, m.room)
	}
	p.reportLocked(m.room)
}

func (p *presence) reportLocked(room string) {
	p.dirty[room] = true
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

// run sends reports until ctx ends.
func (p *presence) run(ctx context.Context) {
	p.publish(ctx, report{Ask: true})
	tick := time.NewTicker(reportInterval)
	defer tick.Stop()
	pause := time.NewTimer(0)
	defer pause.Stop()
	for {
		select {
		case <-tick.C:
			p.refresh()
		case <-p.wake:
			pause.Reset(reportDelay)
			select {
			case <-pause.C:
				p.publishDirty(ctx)
			case <-ctx.Done():
				return
			}
		case <-ctx.Done():
			return
		}
	}
}

// refresh forgets servers that are gone, and makes a report of each room due.
func (p *presence) refresh() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for room, servers := range p.reports {
		maps.DeleteFunc(servers, func(_ string, r report) bool { return time.Since(r.at) > reportExpiry })
		if len(servers) == 0 {
			delete(p.reports, room)
		}
	}
	for room := range p.local {
		p.reportLocked(room)
	}
}

func (p *presence) publishDirty(ctx context.Context) {
	p.mu.Lock()
	var due []report
	for room := range p.dirty {
		due = append(due, report{Room: room, People: slices.Clone(p.local[room])})
	}
	clear(p.dirty)
	p.mu.Unlock()
	for _, r := range due {
		p.publish(ctx, r)
	}
}

// publish sends a report. If the broker cannot be reached, this server knows at least
// its own people.
func (p *presence) publish(ctx context.Context, r report) {
	r.Server = p.server
	data, err := json.Marshal(r)
	if err != nil {
		panic(err) // strings can be encoded
	}
	publishing, cancel := context.WithTimeout(ctx, publishTimeout)
	defer cancel()
	if err := p.broker.Publish(publishing, presenceGroup, data); err != nil && ctx.Err() == nil {
		slog.Warn("presence not published", "err", err)
		p.receive(group.Event{Entry: group.Entry{Data: data}})
	}
}

// receive is called for each report, and when reports may be missing; then the next
// ones, which come soon, have the same.
func (p *presence) receive(event group.Event) {
	var r report
	if event.Gap != nil || json.Unmarshal(event.Data, &r) != nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if r.Ask {
		for room := range p.local {
			p.reportLocked(room)
		}
		return
	}
	before := p.peopleLocked(r.Room)
	p.storeLocked(r)
	// Reports of this server pass on what has not changed, too: for new members, and
	// as a heartbeat for all others.
	if after := p.peopleLocked(r.Room); r.Server == p.server || !slices.Equal(before, after) {
		p.changed(r.Room, after)
	}
}

func (p *presence) storeLocked(r report) {
	servers := p.reports[r.Room]
	switch {
	case len(r.People) > 0 && servers == nil:
		servers = map[string]report{}
		p.reports[r.Room] = servers
		fallthrough
	case len(r.People) > 0:
		r.at = time.Now()
		servers[r.Server] = r
	default:
		delete(servers, r.Server)
		if len(servers) == 0 {
			delete(p.reports, r.Room)
		}
	}
}

// peopleLocked returns who is in a room, each person once, sorted by name.
func (p *presence) peopleLocked(room string) []person {
	seen := map[string]person{}
	for _, r := range p.reports[room] {
		for _, p := range r.People {
			if known, ok := seen[p.ID]; !ok || p.Name < known.Name { // of two windows
				seen[p.ID] = p
			}
		}
	}
	return slices.SortedFunc(maps.Values(seen), func(a, b person) int {
		return cmp.Or(strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)), strings.Compare(a.ID, b.ID))
	})
}
