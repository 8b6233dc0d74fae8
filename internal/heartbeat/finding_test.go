package heartbeat

import (
	"fmt"
	"testing"
)

// String is for the tests' messages.
func (f finding) String() string {
	return [...]string{"gone", "alive", "taking", "blocked", "unclear"}[f]
}

// Each case of finding, in its order.
func TestFinding(t *testing.T) {
	for _, test := range []struct {
		name     string
		evidence evidence
		want     finding
	}{
		{"the transport takes nothing, and somebody reads", evidence{read: true}, gone},
		{"the transport takes what was before the Ping", evidence{read: true, taken: true, queued: true}, blocked},
		{"the transport takes nothing, and the peer sends", evidence{read: true, arrived: true, queued: true}, blocked},
		{"the transport takes nothing, and nobody reads", evidence{queued: true}, blocked},
		{"the Ping waits to be written, and the kernel tells of it", evidence{known: true, queued: true, read: true}, blocked},
		{"messages are queued behind the Ping", evidence{written: true, queued: true, read: true}, blocked},
		{"messages are queued behind the Ping, and the kernel tells of it", evidence{written: true, queued: true, known: true, unacked: true}, blocked},

		{"a reader has waited all the time", evidence{written: true, read: true, reading: true}, gone},
		{"a reader has just come", evidence{written: true, reading: true}, unclear},
		{"nobody reads", evidence{written: true}, alive},

		{"bytes have arrived that nobody reads", evidence{written: true, known: true, received: true, unread: true}, alive},
		{"bytes have arrived, though nothing is acknowledged", evidence{written: true, known: true, received: true, unacked: true}, alive},
		{"the peer takes slowly what is sent", evidence{written: true, known: true, acked: true, unacked: true, read: true}, taking},
		{"the peer has taken the last of what was sent", evidence{written: true, known: true, acked: true}, taking},
		{"the network is cut", evidence{written: true, known: true, unacked: true, read: true}, gone},
		{"the network is cut, and nobody reads", evidence{written: true, known: true, unacked: true, unread: true}, gone},
		{"the receive buffer may be full", evidence{written: true, known: true, unread: true}, alive},
		{"bytes are unread, but a reader waits", evidence{written: true, known: true, unread: true, read: true}, gone},
		{"the peer's program hangs", evidence{written: true, known: true, read: true}, gone},
		{"the peer's program hangs, and nobody reads", evidence{written: true, known: true}, gone},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := test.evidence.finding(); got != test.want {
				t.Errorf("%+v: %v, want %v", test.evidence, got, test.want)
			}
		})
	}
}

// What the table shows in examples holds for all evidence there can be.
func TestFindingOfAll(t *testing.T) {
	found := map[finding]int{}
	for bits := range 1 << 11 {
		bit := func(n int) bool { return bits>>n&1 != 0 }
		e := evidence{bit(0), bit(1), bit(2), bit(3), bit(4), bit(5), bit(6), bit(7), bit(8), bit(9), bit(10)}
		if !e.known && (e.received || e.acked || e.unacked || e.unread) {
			continue // there is none
		}
		got := e.finding()
		found[got]++
		for rule, holds := range map[string]bool{
			"a peer that has sent something is not gone":                            !(e.written && e.received) || got != gone,
			"a peer that takes what is sent is not gone":                            !(e.written && e.acked) || got != gone,
			"a peer that has not been sent its Ping is not gone if bytes are taken": !(!e.written && e.taken) || got == blocked,
			"a peer that has not been sent its Ping is not gone if bytes arrive":    !(!e.written && e.arrived) || got == blocked,
			"silence tells nothing if nobody reads and the kernel does not tell":    !(!e.known && !e.read) || got != gone,
			"the kernel needs no reader":                                            !e.known || got != unclear,
			"the kernel knows that a peer is gone":                                  !(e.known && e.written && !e.queued && !e.received && !e.acked && e.unacked) || got == gone,
			"a reader knows that a peer is gone":                                    !(e.written && !e.queued && !e.received && !e.acked && e.read) || got == gone,
			"a Ping that was written is blocked only by a queue":                    !(e.written && !e.queued) || got != blocked,
		} {
			if !holds {
				t.Errorf("%+v: %v, but %s", e, got, rule)
			}
		}
	}
	if len(found) != 5 {
		t.Errorf("found %v, want every finding", fmt.Sprint(found))
	}
}

// now is 1000 and the Timeout of 100 ends then, the Interval is 50. The Ping was queued at 800.
func TestEvidence(t *testing.T) {
	known := Delivery{Known: true}
	for _, test := range []struct {
		name   string
		ping   *Ping
		polled uint32
		o      Observation
		want   evidence
	}{
		{"the Ping waits", &Ping{}, 0, Observation{Queued: 1}, evidence{queued: true}},
		{"the Ping was written", &Ping{timed: true, taken: 5}, 0, Observation{Taken: 5}, evidence{written: true}},
		{"bytes were taken", &Ping{taken: 5}, 0, Observation{Taken: 4}, evidence{taken: true}},
		{"bytes arrived before the Ping was queued", &Ping{}, 0, Observation{Arrived: 799}, evidence{}},
		{"bytes arrived before the Timeout began again", &Ping{}, 0, Observation{Arrived: 899}, evidence{arrived: true}},
		{"a reader waits", &Ping{waiting: true}, 0, Observation{Waiting: true}, evidence{read: true, reading: true}},
		{"a reader has come", &Ping{}, 0, Observation{Waiting: true}, evidence{reading: true}},
		{"a reader has left", &Ping{waiting: true}, 0, Observation{}, evidence{}},
		{"a receive ended at last", &Ping{}, 1000, Observation{}, evidence{read: true, reading: true}},
		{"a receive ended before that", &Ping{}, 999, Observation{}, evidence{reading: true}},
		{"a receive ended before the silence", &Ping{}, 899, Observation{}, evidence{}},
		{"a receive ended, and none for an interval", &Ping{since: 850}, 950, Observation{}, evidence{}},
		{"the kernel tells no more", &Ping{known: true}, 0, Observation{}, evidence{}},
		{"the kernel did not tell before", &Ping{}, 0, Observation{Delivery: known}, evidence{}},
		{"the kernel tells", &Ping{known: true}, 0, Observation{Delivery: known}, evidence{known: true}},
		{"bytes arrived", &Ping{known: true}, 0, Observation{Delivery: Delivery{Known: true, Received: 1}}, evidence{known: true, received: true}},
		{"less is acknowledged", &Ping{known: true, acked: 7, total: 7}, 0, Observation{Delivery: Delivery{Known: true, Acked: 6}}, evidence{known: true, unacked: true}},
		{"all is acknowledged", &Ping{known: true, acked: 7, total: 7}, 0, Observation{Delivery: Delivery{Known: true, Acked: 7}}, evidence{known: true}},
		{"more is acknowledged", &Ping{known: true, acked: 7, total: 9}, 0, Observation{Delivery: Delivery{Known: true, Acked: 8}}, evidence{known: true, acked: true, unacked: true}},
		{"bytes are unread", &Ping{known: true}, 0, Observation{Delivery: Delivery{Known: true, Unread: 1}}, evidence{known: true, unread: true}},
	} {
		t.Run(test.name, func(t *testing.T) {
			g := test.ping
			g.queued = 800
			if g.since == 0 {
				g.since = 900
			}
			g.polled.Store(test.polled)
			if got := g.evidence(1000, &test.o, Options{Interval: 50, Timeout: 100}); got != test.want {
				t.Errorf("%+v, want %+v", got, test.want)
			}
		})
	}
}
