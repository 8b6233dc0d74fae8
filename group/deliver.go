package group

import (
	"errors"
	"fmt"
	"sync"

	"github.com/handset-go/handset/ws"
)

// batches are slices of members for deliver, so that no lock is held while it sends.
var batches = sync.Pool{New: func() any { return new([]*member) }}

var errEpoch = errors.New("group: broker has begun a new epoch")

// receive is called by the broker for each event of the group, one at a time.
func (g *group) receive(event Event) {
	if event.Gap != nil {
		g.gap(event.Gap)
		return
	}
	if !g.advance(event.Position) {
		g.groups.counts.duplicates.Add(1)
		return
	}
	e, err := parseEnvelope(event.Data)
	if err == nil {
		err = g.deliver(&e, event.Position)
	}
	if err != nil {
		g.groups.counts.invalid.Add(1)
		g.gap(err)
	}
}

// gap reports that messages may be missing.
func (g *group) gap(err error) {
	g.groups.counts.gaps.Add(1)
	if f := g.groups.options.Gap; f != nil {
		f(g.name, err)
	}
}

// advance reports whether a message at a position is new.
func (g *group) advance(p Position) bool {
	if p.IsZero() {
		return true
	}
	last := g.last
	if !p.follows(last) {
		return false
	}
	g.last = p
	if p.Epoch != last.Epoch && !last.IsZero() {
		g.gap(errEpoch)
	}
	return true
}

// deliver sends a message to the members of this process. It waits for none of them.
func (g *group) deliver(e *envelope, p Position) error {
	pm, err := g.prepare(e, p)
	if err != nil {
		return err
	}
	except := g.excluded(e)
	batch := batches.Get().(*[]*member)
	members := g.appendMembers((*batch)[:0])
	var t tally
	for _, m := range members {
		if m.id != except {
			t[m.deliver(pm, p)]++
		}
	}
	clear(members) // the pool does not keep sessions in memory
	*batch = members
	batches.Put(batch)
	g.groups.counts.add(&t)
	return nil
}

// excluded returns the id of the session that does not receive a message, or 0.
func (g *group) excluded(e *envelope) uint64 {
	if e.origin != g.groups.origin {
		return 0
	}
	return e.sender
}

// open returns what is sent to a member for a stored message, or nil if the member is
// excluded.
func (m *member) open(entry Entry) (*ws.PreparedMessage, error) {
	e, err := parseEnvelope(entry.Data)
	if err != nil || m.group.excluded(&e) == m.id {
		return nil, err
	}
	return m.group.prepare(&e, entry.Position)
}

// prepare returns what is sent for a message.
func (g *group) prepare(e *envelope, p Position) (*ws.PreparedMessage, error) {
	data := e.data
	if format := g.groups.options.Format; format != nil {
		data = format(Message{Group: g.name, Kind: e.kind, Data: e.data, Position: p})
	}
	pm, err := ws.Prepare(e.kind, data)
	if err != nil {
		return nil, fmt.Errorf("group: message cannot be sent: %w", err)
	}
	return pm, nil
}
