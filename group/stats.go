package group

import "sync/atomic"

// Stats are the statistics of Groups. Groups and Members are current numbers. The others
// are counters, which only increase.
type Stats struct {
	Groups  int // groups that have a subscription, or wait for one
	Members int // memberships: a session counts once for each of its groups

	Published uint64 // messages passed to the broker by this process
	LocalOnly uint64 // of these, messages that the broker did not accept and that were delivered in this process only

	Delivered  uint64 // messages added to the send queue of a member
	Dropped    uint64 // messages that a slow member has missed by DropNewest
	Replaced   uint64 // messages that a slow member has missed by KeepLatest
	SlowClosed uint64 // sessions closed by CloseSlow

	Gaps       uint64 // gaps, including invalid messages and new epochs
	Invalid    uint64 // messages of the broker that could not be sent
	Duplicates uint64 // messages of the broker that were delivered before, and have been dropped
}

// counts are the counts of Stats.
type counts struct {
	published, localOnly, delivered, dropped, replaced, slowClosed, gaps, invalid, duplicates atomic.Uint64
}

// A tally is the number of members for each outcome of one message.
type tally [outcomes]uint64

// add adds the outcomes of one message.
func (c *counts) add(t *tally) {
	c.delivered.Add(t[delivered])
	c.dropped.Add(t[dropped])
	c.replaced.Add(t[replaced])
	c.slowClosed.Add(t[closed])
}

// Stats returns the statistics. It does not wait for the broker or members.
func (gs *Groups) Stats() Stats {
	s := Stats{
		Published:  gs.counts.published.Load(),
		LocalOnly:  gs.counts.localOnly.Load(),
		Delivered:  gs.counts.delivered.Load(),
		Dropped:    gs.counts.dropped.Load(),
		Replaced:   gs.counts.replaced.Load(),
		SlowClosed: gs.counts.slowClosed.Load(),
		Gaps:       gs.counts.gaps.Load(),
		Invalid:    gs.counts.invalid.Load(),
		Duplicates: gs.counts.duplicates.Load(),
	}
	gs.mu.Lock()
	defer gs.mu.Unlock()
	s.Groups = len(gs.groups)
	for _, joined := range gs.sessions {
		s.Members += len(joined.members)
	}
	return s
}
