package ws

import (
	"math/rand"
	"slices"
	"testing"
)

func TestARosterListsEverySessionOnceHoweverTheyComeAndGo(t *testing.T) {
	var r roster
	var there []*Session
	rng := rand.New(rand.NewSource(1))
	for step, grow := 0, true; step < 20_000; step++ {
		if len(there) == 0 || len(there) > 3*sheetSize {
			grow = len(there) == 0
		}
		if rng.Intn(10) < 6 == grow || len(there) == 0 {
			s := new(Session)
			r.add(s)
			there = append(there, s)
		} else {
			i := rng.Intn(len(there))
			r.remove(there[i])
			there[i] = there[len(there)-1]
			there = there[:len(there)-1]
		}
		if step%500 > 0 {
			continue
		}
		list := r.all()
		if r.n != len(there) || len(list) != len(there) {
			t.Fatalf("%d are there, %d are counted and %d listed", len(there), r.n, len(list))
		}
		for _, s := range there {
			if !slices.Contains(list, s) {
				t.Fatal("one is not listed")
			}
		}
	}
}

func TestARosterGivesBackWhatItDoesNotNeed(t *testing.T) {
	var r roster
	var there []*Session
	for range 200 * sheetSize {
		s := new(Session)
		r.add(s)
		there = append(there, s)
	}
	for _, s := range there[1:] {
		r.remove(s)
	}
	if len(r.sheets) != 1 || cap(r.sheets) > 64 || r.n != 1 {
		t.Errorf("%d sheets of %d are left for %d sessions", len(r.sheets), cap(r.sheets), r.n)
	}
	r.remove(there[0])
	if len(r.sheets) != 0 || r.n != 0 {
		t.Errorf("%d sheets are left for %d sessions", len(r.sheets), r.n)
	}
}
