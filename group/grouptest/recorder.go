package grouptest

import (
	"bytes"
	"io"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/handset-go/handset/group"
)

// A recorder keeps the events of a subscription.
type recorder struct {
	t       *testing.T
	closer  io.Closer
	running atomic.Bool

	mu      sync.Mutex
	events  []group.Event
	changed chan struct{} // closed when an event has been added
}

// subscribe makes a subscription that ends with the test.
func subscribe(t *testing.T, b group.Broker, name string) *recorder {
	t.Helper()
	return subscribeWith(t, b, name, func(*recorder, group.Event) {})
}

// subscribeWith calls also for each event after it has been added.
func subscribeWith(t *testing.T, b group.Broker, name string, also func(*recorder, group.Event)) *recorder {
	t.Helper()
	r := &recorder{t: t, changed: make(chan struct{})}
	closer, err := b.Subscribe(deadline(t), name, func(e group.Event) {
		if !r.running.CompareAndSwap(false, true) {
			t.Error("receive is called while it runs")
		}
		r.add(e)
		also(r, e)
		r.running.Store(false)
	})
	if err != nil {
		t.Fatalf("Subscribe: %v", err)
	}
	r.closer = closer
	t.Cleanup(func() { _ = closer.Close() })
	return r
}

// add adds a copy of an event.
func (r *recorder) add(e group.Event) {
	if e.Gap != nil && (e.Data != nil || !e.Position.IsZero()) {
		r.t.Errorf("an event is a gap and a message: %+v", e)
	}
	e.Data = bytes.Clone(e.Data)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.events = append(r.events, e)
	close(r.changed)
	r.changed = make(chan struct{})
}

// snapshot returns the events so far, and a channel that is closed when there are more.
func (r *recorder) snapshot() ([]group.Event, <-chan struct{}) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clip(r.events), r.changed
}

// until waits until the events are enough, and returns them.
func (r *recorder) until(t *testing.T, what string, enough func([]group.Event) bool) []group.Event {
	t.Helper()
	timeout := time.NewTimer(patience)
	defer timeout.Stop()
	for {
		events, changed := r.snapshot()
		if enough(events) {
			return events
		}
		select {
		case <-changed:
		case <-timeout.C:
			t.Fatalf("%s has not arrived; %d events have: %.2000q", what, len(events), texts(events))
		}
	}
}

// messages waits for n messages. A gap is a failure.
func (r *recorder) messages(t *testing.T, n int) []group.Event {
	t.Helper()
	events := r.until(t, "the last message", func(events []group.Event) bool { return len(events) >= n || gapIn(events) != nil })
	if gap := gapIn(events); gap != nil {
		t.Fatalf("a healthy broker reports a gap: %v", gap)
	}
	if len(events) > n {
		t.Fatalf("%d messages, want %d: %.2000q", len(events), n, texts(events))
	}
	return events
}

// texts waits for n messages and returns their data.
func (r *recorder) texts(t *testing.T, n int) []string {
	t.Helper()
	return texts(r.messages(t, n))
}

// gapIn returns the first gap, or nil.
func gapIn(events []group.Event) error {
	for _, e := range events {
		if e.Gap != nil {
			return e.Gap
		}
	}
	return nil
}

// texts returns the data of events.
func texts(events []group.Event) []string {
	list := make([]string, len(events))
	for i, e := range events {
		list[i] = string(e.Data)
		if e.Gap != nil {
			list[i] = "gap: " + e.Gap.Error()
		}
	}
	return list
}
