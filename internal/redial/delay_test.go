package redial

import (
	"math"
	"slices"
	"testing"
	"time"
)

// limits returns the limits of the first n delays.
func limits(d *Delay, n int) (all []time.Duration) {
	for range n {
		d.Next(func(limit time.Duration) time.Duration {
			all = append(all, limit)
			return 0
		})
	}
	return all
}

func TestDelayLimits(t *testing.T) {
	const s = time.Second
	for _, tt := range []struct {
		name       string
		base, most time.Duration
		want       []time.Duration
	}{
		{"the defaults", 0, 0, []time.Duration{5 * s, 10 * s, 20 * s, 40 * s, 60 * s, 60 * s}},
		{"both", s, 5 * s, []time.Duration{s, 2 * s, 4 * s, 5 * s, 5 * s}},
		{"a long base alone", 90 * s, 0, []time.Duration{90 * s, 90 * s}},
		{"a short maximum alone", 0, s, []time.Duration{s, s}},
		{"equal ones", s, s, []time.Duration{s, s}},
		{"the shortest", 1, 3, []time.Duration{1, 2, 3, 3}},
		{"the longest", math.MaxInt64, math.MaxInt64, []time.Duration{longest, longest}},
		{"a maximum that doubling passes", math.MaxInt64 / 6, math.MaxInt64, []time.Duration{math.MaxInt64 / 6, longest, longest}},
	} {
		d, err := NewDelay(tt.base, tt.most)
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		for range 2 {
			if got := limits(&d, len(tt.want)); !slices.Equal(got, tt.want) {
				t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
			}
			d.Reset()
		}
	}
}

func TestDelayInvalid(t *testing.T) {
	for _, tt := range [][2]time.Duration{{-1, 0}, {0, -1}, {math.MinInt64, math.MinInt64}, {2, 1}} {
		if _, err := NewDelay(tt[0], tt[1]); err == nil {
			t.Errorf("%v is valid", tt)
		}
	}
}

// The delays are anywhere below the limit.
func TestDelayIsRandom(t *testing.T) {
	d, err := NewDelay(time.Second, time.Second)
	if err != nil {
		t.Fatal(err)
	}
	var tenths [10]int
	for range 1000 {
		tenths[d.Next(nil)/(time.Second/10)]++ // panics if it is out of range
	}
	if least := slices.Min(tenths[:]); least < 40 {
		t.Errorf("of 1000 delays, the tenths of a second have %v", tenths)
	}
}
