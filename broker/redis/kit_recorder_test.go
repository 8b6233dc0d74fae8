package redis_test

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/handset-go/handset/group"
)

// A recorder keeps the events of a subscription.
type recorder struct {
	close func() error

	mu      sync.Mutex
	events  []group.Event
	changed chan struct{} // closed when there is another event
}

// subscribe makes a subscription that ends with the test.
func subscribe(t testing.TB, b group.Broker, name string) *recorder {
	t.Helper()
	return subscribeWith(t, b, name, func(group.Event) {})
}

// subscribeWith calls also before each event is added.
func subscribeWith(t testing.TB, b group.Broker, name string, also func(group.Event)) *recorder {
	t.Helper()
	r := &recorder{changed: make(chan struct{})}
	closer, err := b.Subscribe(within(t), name, func(e group.Event) {
		also(e)
		r.add(e)
	})
	if err != nil {
		t.Fatalf("Subscribe: %v", err)
	}
	r.close = closer.Close
	t.Cleanup(func() { closer.Close() })
	return r
}

func (r *recorder) add(e group.Event) {
	e.Data = slices.Clone(e.Data)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.events = append(r.events, e)
	close(r.changed)
	r.changed = make(chan struct{})
}

// until waits until the events are enough, and returns them.
func (r *recorder) until(t testing.TB, what string, enough func([]group.Event) bool) []group.Event {
	t.Helper()
	timeout := time.NewTimer(patience)
	defer timeout.Stop()
	for {
		r.mu.Lock()
		events, changed := slices.Clone(r.events), r.changed
		r.mu.Unlock()
		if enough(events) {
			return events
		}
		select {
		case <-changed:
		case <-timeout.C:
			t.Fatalf("%s has not come; these have: %.2000q", what, texts(events))
		}
	}
}

// untilText waits until the last event is a message, and returns all.
func (r *recorder) untilText(t testing.TB, text string) []group.Event {
	t.Helper()
	return r.until(t, text, func(events []group.Event) bool {
		return slices.ContainsFunc(events, func(e group.Event) bool { return string(e.Data) == text })
	})
}

// untilGap waits for n gaps.
func (r *recorder) untilGap(t testing.TB, n int) []group.Event {
	t.Helper()
	return r.until(t, "a gap", func(events []group.Event) bool { return gaps(events) >= n })
}

func gaps(events []group.Event) int {
	n := 0
	for _, e := range events {
		if e.Gap != nil {
			n++
		}
	}
	return n
}

// texts returns what events are.
func texts(events []group.Event) []string {
	var list []string
	for _, e := range events {
		text := string(e.Data)
		if e.Gap != nil {
			text = "gap"
		}
		list = append(list, text)
	}
	return list
}

// wantTexts checks what a subscription has received.
func wantTexts(t testing.TB, events []group.Event, want ...string) {
	t.Helper()
	if got := texts(events); !slices.Equal(got, want) {
		t.Errorf("received %.2000q, want %.2000q", got, want)
	}
}

// numbers returns the texts of the numbers from first to last.
func numbers(first, last int) []string {
	var list []string
	for n := first; n <= last; n++ {
		list = append(list, strconv.Itoa(n))
	}
	return list
}

// publishNumbers publishes the numbers from first to last, which must succeed.
func publishNumbers(t testing.TB, b group.Broker, name string, first, last int) {
	t.Helper()
	for _, text := range numbers(first, last) {
		publish(t, b, name, text)
	}
}

// checkNumbers checks that numbers have arrived in order, none twice, and those that are
// missing, of the accepted ones, before a gap.
func checkNumbers(t testing.TB, events []group.Event, accepted map[int]bool) {
	t.Helper()
	last, gap := 0, false
	for _, e := range events {
		if e.Gap != nil {
			gap = true
			continue
		}
		n, err := strconv.Atoi(strings.TrimSpace(string(e.Data)))
		if err != nil {
			continue
		}
		if n <= last {
			t.Errorf("message %d has arrived after message %d", n, last)
		}
		for k := last + 1; k < n; k++ {
			if accepted[k] && !gap {
				t.Errorf("message %d is missing without a gap", k)
			}
		}
		last, gap = n, false
	}
}

// summary is for messages about many events.
func summary(events []group.Event) string {
	return fmt.Sprintf("%d events, %d gaps", len(events), gaps(events))
}
