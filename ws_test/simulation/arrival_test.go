package simulation

import "time"

// segment is bytes that arrive together, or the end.
type segment struct {
	written, at time.Time
	n           int
	full        bool // a split comes behind it
	end         error
}

func (f *flow) nextSplit() int {
	most := f.conditions.split
	if f.rate > 0 && (most == 0 || most > f.rate/50+1) {
		most = f.rate/50 + 1
	}
	if most == 0 {
		return 1 << 30
	}
	return 1 + f.random.IntN(most)
}

// dueLocked returns when the next segment arrives.
func (f *flow) dueLocked() time.Time {
	at := f.coming[0].at
	if at.Before(f.held) {
		at = f.held
	}
	return at
}

// arriveLocked moves what has arrived by now.
func (f *flow) arriveLocked() {
	now := time.Now()
	for len(f.coming) > 0 && !f.dueLocked().After(now) {
		s := f.coming[0]
		f.coming = f.coming[1:]
		f.ready += s.n
		if s.end != nil {
			f.ended = s.end
		}
	}
}

// segmentsLocked schedules the arrival of n bytes that are written now. They arrive with those
// that were written at the same instant, up to the next split.
func (f *flow) segmentsLocked(n int) {
	now := time.Now()
	for n > 0 {
		k := min(n, f.split)
		last := len(f.coming) - 1
		if last < 0 || f.coming[last].full || f.coming[last].end != nil || !f.coming[last].written.Equal(now) {
			f.coming = append(f.coming, segment{written: now, at: f.instantLocked(now)})
			last++
		}
		f.coming[last].n += k
		if f.rate > 0 {
			f.busy = f.busy.Add(time.Duration(k) * time.Second / time.Duration(f.rate))
		}
		n -= k
		if f.split -= k; f.split == 0 {
			f.coming[last].full = true
			f.split = f.nextSplit()
		}
	}
}

// instantLocked chooses when the bytes that leave now arrive.
func (f *flow) instantLocked(now time.Time) time.Time {
	if f.busy.Before(now) {
		f.busy = now
	}
	at := f.busy.Add(f.latency + f.random.between(0, f.jitter))
	if f.merge > 0 {
		at = at.Truncate(f.merge).Add(f.merge)
	}
	at = f.phase.next(now, at)
	if last := len(f.coming) - 1; last >= 0 && at.Before(f.coming[last].at) {
		at = f.coming[last].at
	}
	return at
}

// endLocked schedules the end.
func (f *flow) endLocked(err error) {
	now := time.Now()
	f.endAt = f.instantLocked(now)
	f.coming = append(f.coming, segment{written: now, at: f.endAt, end: err})
	f.changed.Broadcast()
}
