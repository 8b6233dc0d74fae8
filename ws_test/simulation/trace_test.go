package simulation

import (
	"cmp"
	"fmt"
	"hash/fnv"
	"slices"
	"strings"
	"sync"
	"time"
)

// trace is what has happened in a run. Two runs of a seed have the same trace. A nil trace
// records nothing.
type trace struct {
	began time.Time
	mu    sync.Mutex
	all   []event
	count map[string]int
}

// event is something that an actor, or a part of the network, has done or learned.
type event struct {
	at    time.Duration // since the beginning
	actor string
	n     int // of the actor
	text  string
}

func newTrace() *trace { return &trace{count: map[string]int{}} }

// add records an event.
func (t *trace) add(actor string, text ...any) {
	if t == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.all = append(t.all, event{time.Since(t.began), actor, t.count[actor], fmt.Sprint(text...)})
	t.count[actor]++
}

// events returns the events in order: by their instants, and those of the same instant,
// whose order depends on the scheduler, by their actors.
func (t *trace) events() []event {
	t.mu.Lock()
	defer t.mu.Unlock()
	all := slices.Clone(t.all)
	slices.SortFunc(all, func(a, b event) int {
		return cmp.Or(cmp.Compare(a.at, b.at), strings.Compare(a.actor, b.actor), cmp.Compare(a.n, b.n))
	})
	return all
}

// hash returns a number that differs if the traces do.
func (t *trace) hash() uint64 {
	h := fnv.New64a()
	for _, e := range t.events() {
		fmt.Fprintln(h, e)
	}
	return h.Sum64()
}

func (e event) String() string { return fmt.Sprintf("%14s %-18s %s", e.at, e.actor, e.text) }

// difference returns where two traces first differ.
func difference(a, b *trace) string {
	x, y := a.events(), b.events()
	for i := range max(len(x), len(y)) {
		switch {
		case i >= len(x):
			return fmt.Sprintf("%s, instead of nothing", y[i])
		case i >= len(y):
			return fmt.Sprintf("nothing, instead of %s", x[i])
		case x[i] != y[i]:
			return fmt.Sprintf("%s, instead of %s", y[i], x[i])
		}
	}
	return "they do not differ"
}
