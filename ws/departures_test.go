package ws

import (
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"
)

func TestDeparturesAreDueInOrderWhateverTheyWereAddedIn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		random := rand.New(rand.NewPCG(1, 2))
		f := new(Upgrader).registry()
		f.sweeper = &sweeper{registry: f, working: true} // so that nothing strikes by itself
		due := make(map[*Session]time.Time)
		for range 1000 {
			after := time.Duration(random.IntN(100)) * time.Second
			s := new(Session)
			d := &departure{session: s, place: -1}
			f.expect(d, time.Now().Add(after))
			if random.IntN(3) == 0 { // leaves before
				f.sweeper.strikeOff(d)
				f.sweeper.strikeOff(d) // and is not there any more
				continue
			}
			due[s] = time.Now().Add(after)
		}
		at, last := time.Now().Add(time.Minute), time.Time{}
		for s := f.sweeper.overdue(at); s != nil; s = f.sweeper.overdue(at) {
			if due[s].IsZero() || due[s].Before(last) || due[s].After(at) {
				t.Fatalf("%v after %v", due[s], last)
			}
			last = due[s]
			delete(due, s)
		}
		for s, due := range due {
			if !due.After(at) {
				t.Errorf("%p was due at %v and is still there", s, due)
			}
		}
		if f.sweeper.departures.Len() != len(due) || len(due) == 0 {
			t.Errorf("%d are left, want %d", f.sweeper.departures.Len(), len(due))
		}
	})
}
