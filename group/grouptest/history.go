package grouptest

import (
	"errors"
	"math"
	"slices"
	"testing"

	"github.com/handset-go/handset/group"
)

// stored is the largest number of messages that a broker stores, plus a margin.
const stored = 500

// TestHistory checks that brokers do what group.History demands, besides what
// TestBroker checks. Both brokers implement it, and store at least 50 and at most 500
// messages of each group.
func TestHistory(t *testing.T, open Open) {
	t.Helper()
	for _, test := range []struct {
		name string
		run  func(t *testing.T, a, b group.History)
	}{
		{"positions are those of one order", testPositions},
		{"Recent returns the last messages", testRecent},
		{"Recent of an unused group is a position to resume at", testRecentUnused},
		{"After returns what was missed", testAfter},
		{"After refuses other epochs and too many messages", testAfterRefused},
		{"After refuses what is no longer stored", testTrimmed},
		{"what has been delivered is stored", testStoredWhenDelivered},
		{"Recent after Subscribe leaves no hole", testNoHole},
	} {
		t.Run(test.name, func(t *testing.T) {
			a, b := open(t)
			test.run(t, a.(group.History), b.(group.History))
		})
	}
}

func testNoPositions(t *testing.T, a, b group.Broker) {
	if _, ok := b.(group.History); ok {
		t.Skip("the broker has a History")
	}
	r := subscribe(t, b, t.Name())
	publish(t, a, t.Name(), "message")
	if got := r.messages(t, 1)[0].Position; !got.IsZero() {
		t.Errorf("the position is %v", got)
	}
}

func testPositions(t *testing.T, a, b group.History) {
	name := t.Name()
	first, second, third := subscribe(t, a, name), subscribe(t, b, name), subscribe(t, b, name)
	publishAll(t, []group.Broker{a, b, a, b}, name, perPublisher)
	events := first.messages(t, 4*perPublisher)
	inOrder(t, texts(events))
	increasing(t, entries(events))
	for _, r := range []*recorder{second, third} {
		sameEntries(t, "another subscription", entries(r.messages(t, len(events))), entries(events))
	}
}

func testRecent(t *testing.T, a, b group.History) {
	name := t.Name()
	r := subscribe(t, b, name)
	publishNumbers(t, a, name, 20)
	all := entries(r.messages(t, 20))
	for _, n := range []int{0, 1, 5, 20} {
		got, newest := recent(t, b, name, n)
		sameEntries(t, "Recent", got, all[20-n:])
		if newest != all[19].Position {
			t.Errorf("Recent(%d) is at %v, want %v", n, newest, all[19].Position)
		}
	}
	for _, n := range []int{21, math.MaxInt} { // more, from an earlier run with the same server
		got, _ := recent(t, b, name, n)
		if len(got) < 20 {
			t.Fatalf("Recent(%d) has returned %d entries", n, len(got))
		}
		sameEntries(t, "Recent", got[len(got)-20:], all)
	}
	kept, _ := recent(t, b, name, 20)
	publishNumbers(t, a, name, 20)
	r.messages(t, 40)
	sameEntries(t, "entries that were kept", kept, all)
}

func testRecentUnused(t *testing.T, a, b group.History) {
	name := t.Name()
	for range 3 { // unused at first at least
		_, newest := recent(t, b, name, 0)
		if newest.IsZero() {
			t.Fatal("Recent has returned the zero Position")
		}
		if got := after(t, a, name, newest); len(got) != 0 {
			t.Errorf("After has returned %d entries", len(got))
		}
		publishNumbers(t, a, name, 3)
		got := after(t, b, name, newest)
		if len(got) != 3 || string(got[0].Data) != "0" || string(got[2].Data) != "2" {
			t.Errorf("After has returned %v", got)
		}
	}
}

func testAfter(t *testing.T, a, b group.History) {
	name := t.Name()
	r := subscribe(t, b, name)
	publishNumbers(t, a, name, 20)
	publishNumbers(t, b, name+" other", 20)
	all := entries(r.messages(t, 20))
	for _, k := range []int{0, 1, 10, 18, 19} {
		sameEntries(t, "After", after(t, b, name, all[k].Position), all[k+1:])
	}
	got, err := b.After(deadline(t), name, all[9].Position, 10)
	if err != nil {
		t.Fatalf("After with a sufficient limit: %v", err)
	}
	sameEntries(t, "After", got, all[10:])
}

func testAfterRefused(t *testing.T, a, b group.History) {
	name := t.Name()
	r := subscribe(t, b, name)
	publishNumbers(t, a, name, 20)
	all := entries(r.messages(t, 20))
	here := all[9].Position
	for _, test := range []struct {
		name  string
		after group.Position
		limit int
	}{
		{"another epoch", group.Position{Epoch: here.Epoch + "x", Offset: here.Offset}, 100},
		{"no epoch", group.Position{Offset: here.Offset}, 100},
		{"the zero position", group.Position{}, 100},
		{"more than limit", here, 9},
		{"no limit", here, 0},
		{"the future", group.Position{Epoch: here.Epoch, Offset: math.MaxUint64}, 100},
	} {
		got, err := b.After(deadline(t), name, test.after, test.limit)
		if !errors.Is(err, group.ErrCannotResume) {
			t.Errorf("%s: After has returned %d entries and %v, want ErrCannotResume", test.name, len(got), err)
		}
	}
}

func testTrimmed(t *testing.T, a, b group.History) {
	name := t.Name()
	r := subscribe(t, b, name)
	publishNumbers(t, a, name, stored+150)
	all := entries(r.messages(t, stored+150))
	kept, _ := recent(t, b, name, math.MaxInt)
	if len(kept) < 50 || len(kept) > len(all)-2 {
		t.Fatalf("%d messages are stored, want 50 to %d", len(kept), len(all)-2)
	}
	oldest := len(all) - len(kept)
	sameEntries(t, "Recent", kept, all[oldest:])
	sameEntries(t, "After", after(t, b, name, all[oldest].Position), all[oldest+1:])
	for _, k := range []int{0, oldest / 2, oldest - 2} {
		if got, err := b.After(deadline(t), name, all[k].Position, math.MaxInt); !errors.Is(err, group.ErrCannotResume) {
			t.Errorf("%d of %d messages are missing: After has returned %d entries and %v, want ErrCannotResume",
				oldest-1-k, len(all), len(got), err)
		}
	}
	// Nothing is missing after the newest message that is not stored, but a broker need
	// not know that.
	if got, err := b.After(deadline(t), name, all[oldest-1].Position, math.MaxInt); err == nil {
		sameEntries(t, "After", got, kept)
	} else if !errors.Is(err, group.ErrCannotResume) {
		t.Errorf("After: %v", err)
	}
}

func testStoredWhenDelivered(t *testing.T, a, b group.History) {
	name := t.Name()
	checked := make(chan struct{})
	r := subscribeWith(t, b, name, func(_ *recorder, e group.Event) {
		for _, broker := range []group.History{a, b} {
			got, _, err := broker.Recent(deadline(t), name, 50)
			if err != nil || !slices.ContainsFunc(got, func(g group.Entry) bool { return g.Position == e.Position }) {
				t.Errorf("%q has been delivered and is not stored: %v, %v", e.Data, got, err)
			}
		}
		checked <- struct{}{}
	})
	go publishNumbers(t, a, name, 30)
	for range 30 {
		select {
		case <-checked:
		case <-deadline(t).Done():
			t.Fatal("a message has not arrived")
		}
	}
	r.messages(t, 30)
}

// A subscription and then Recent are what a joining session needs: what was
// stored and what is received later are all messages, each at least once.
func testNoHole(t *testing.T, a, b group.History) {
	name := t.Name()
	published := make(chan struct{})
	go func() {
		defer close(published)
		publishNumbers(t, a, name, 400)
	}()
	for range 10 {
		r := subscribe(t, b, name)
		got, newest := recent(t, b, name, 10)
		publish(t, b, name, "end")
		events := r.until(t, "the end", func(events []group.Event) bool {
			return slices.Contains(texts(events), "end")
		})
		_ = r.closer.Close()
		for _, e := range entries(events) {
			if e.Position.Offset > newest.Offset {
				got = append(got, e)
			}
		}
		increasing(t, got)
		consecutive(t, got)
	}
	<-published
}
