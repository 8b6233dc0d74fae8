package grouptest

import (
	"bytes"
	"math"
	"strconv"
	"testing"

	"github.com/handset-go/handset/group"
)

// recent calls Recent, which must succeed.
func recent(t *testing.T, b group.History, name string, n int) ([]group.Entry, group.Position) {
	t.Helper()
	got, newest, err := b.Recent(deadline(t), name, n)
	if err != nil {
		t.Fatalf("Recent: %v", err)
	}
	increasing(t, got)
	if len(got) > 0 && got[len(got)-1].Position != newest {
		t.Errorf("Recent has returned the position %v, and %v for the newest entry", newest, got[len(got)-1].Position)
	}
	return got, newest
}

// after calls After, which must succeed.
func after(t *testing.T, b group.History, name string, p group.Position) []group.Entry {
	t.Helper()
	got, err := b.After(deadline(t), name, p, math.MaxInt)
	if err != nil {
		t.Fatalf("After: %v", err)
	}
	increasing(t, got)
	return got
}

// entries returns the entries of events.
func entries(events []group.Event) []group.Entry {
	list := make([]group.Entry, len(events))
	for i, e := range events {
		list[i] = e.Entry
	}
	return list
}

// increasing checks the positions of entries.
func increasing(t *testing.T, list []group.Entry) {
	t.Helper()
	var last group.Position
	for i, e := range list {
		p := e.Position
		if p.Epoch == "" || p.Offset == 0 || i > 0 && (p.Epoch != last.Epoch || p.Offset <= last.Offset) {
			t.Fatalf("the position of entry %d is %v after %v", i, p, last)
		}
		last = p
	}
}

// sameEntries compares data and positions.
func sameEntries(t *testing.T, what string, got, want []group.Entry) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d entries, want %d", what, len(got), len(want))
	}
	for i := range got {
		if got[i].Position != want[i].Position || !bytes.Equal(got[i].Data, want[i].Data) {
			t.Fatalf("%s: entry %d is %q at %v, want %q at %v", what, i, got[i].Data, got[i].Position, want[i].Data, want[i].Position)
		}
	}
}

// consecutive checks that no number is missing between the first and the last.
func consecutive(t *testing.T, list []group.Entry) {
	t.Helper()
	next := -1
	for _, e := range list {
		number, err := strconv.Atoi(string(e.Data))
		if err != nil {
			continue // an end
		}
		if next >= 0 && number != next {
			t.Fatalf("%d follows %d", number, next-1)
		}
		next = number + 1
	}
}
