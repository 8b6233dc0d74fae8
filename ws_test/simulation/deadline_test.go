package simulation

import "time"

func (f *flow) setDeadline(d *deadline, t time.Time) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	d.set(f, t)
	f.changed.Broadcast()
	return nil
}

// deadline is the time at which waiting ends; the zero time means never.
type deadline struct {
	at    time.Time
	timer *time.Timer
}

func (d *deadline) passed() bool { return !d.at.IsZero() && !time.Now().Before(d.at) }

// set sets the time, and wakes the goroutines that wait in f when it comes.
func (d *deadline) set(f *flow, t time.Time) {
	if d.timer != nil {
		d.timer.Stop()
	}
	d.at, d.timer = t, nil
	if wait := time.Until(t); wait > 0 {
		d.timer = time.AfterFunc(wait, func() {
			f.mu.Lock()
			defer f.mu.Unlock()
			f.changed.Broadcast()
		})
	}
}
