package ws

import (
	"container/heap"
	"time"
)

// departures are the sessions on their way to their end, the one that is to be
// gone first in front. It is a heap and no list, since some have all of
// CloseTimeout, some nine tenths of it and some the last one, so that the next
// to come need not be the last to go. Its registry's lock guards it.
type departures []*departure

// departure is when something is to be done about a session's end.
type departure struct {
	session *Session
	due     time.Time
	place   int           // in the heap, -1 when it is not there
	paused  time.Duration // for how long the process did not run, since it was last asked for

	// Guarded by the lock of the session's life.
	timeout  time.Duration
	since    time.Time // from when the timeout counts
	progress progress  // when it was last looked at
	lastTry  bool      // the transport has been told to write what it can
}

func (d departures) Len() int           { return len(d) }
func (d departures) Less(i, j int) bool { return d[i].due.Before(d[j].due) }

func (d departures) Swap(i, j int) {
	d[i], d[j] = d[j], d[i]
	d[i].place, d[j].place = i, j
}

// Push and Pop are for package heap alone.
func (d *departures) Push(x any) {
	*d = append(*d, x.(*departure))
	(*d)[len(*d)-1].place = len(*d) - 1
}

func (d *departures) Pop() any {
	last := len(*d) - 1
	x := (*d)[last]
	(*d)[last], *d = nil, (*d)[:last]
	if last == 0 {
		*d = nil // thousands may have closed at once
	}
	x.place = -1
	return x
}

// next is when the first one is due, the zero time if there is none.
func (d departures) next() time.Time {
	if len(d) == 0 {
		return time.Time{}
	}
	return d[0].due
}

// expect has the closeTimedOut of the departure's session called at the given
// time, unless it has left before.
func (f *registry) expect(d *departure, at time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.sweeper == nil {
		return // it has left
	}
	d.due = at
	heap.Push(&f.sweeper.departures, d)
	f.sweeper.set()
}

// forget has nothing called for a departure, nil for none, any more.
func (f *registry) forget(d *departure) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.sweeper != nil {
		f.sweeper.strikeOff(d)
	}
}

// strikeOff forgets a departure, nil for none. The caller has the lock.
func (w *sweeper) strikeOff(d *departure) {
	if d != nil && d.place >= 0 {
		heap.Remove(&w.departures, d.place)
		w.set()
	}
}

// postpone has all departures wait longer.
func (w *sweeper) postpone(by time.Duration) {
	w.registry.mu.Lock()
	defer w.registry.mu.Unlock()
	for _, d := range w.departures {
		d.due = d.due.Add(by)
		d.paused += by
	}
}

// takePaused returns for how long the process did not run since the last call.
func (f *registry) takePaused(d *departure) (paused time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	paused, d.paused = d.paused, 0
	return paused
}

// overdue strikes off the first session that was due at the given time and
// returns it, nil if there is none.
func (w *sweeper) overdue(at time.Time) *Session {
	w.registry.mu.Lock()
	defer w.registry.mu.Unlock()
	if len(w.departures) == 0 || w.departures[0].due.After(at) {
		return nil
	}
	return heap.Pop(&w.departures).(*departure).session
}
