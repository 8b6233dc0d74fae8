// Package redial decides when a client that has lost its connection connects again, and
// whether. It does not connect.
package redial

import (
	"errors"
	"math"
	"time"

	"github.com/handset-go/handset/internal/clock"
)

// Delay is a truncated exponential backoff with full jitter (RFC 6455 §7.2.3): each delay
// is chosen at random below a limit, and the limit doubles.
type Delay struct {
	base, most time.Duration
	limit      time.Duration // of the next delay
}

const (
	defaultBase = 5 * time.Second // which RFC 6455 §7.2.3 calls reasonable
	defaultMost = time.Minute

	longest = math.MaxInt64 / 4 // so that sums and doubles do not overflow
)

// NewDelay returns a Delay whose limit is first base and at most most. A base of zero
// means 5 s, or most if that is less. A most of zero means 60 s, or base if that is more.
func NewDelay(base, most time.Duration) (Delay, error) {
	switch {
	case base < 0 || most < 0:
		return Delay{}, errors.New("negative BaseDelay or MaxDelay")
	case base == 0 && most == 0:
		base, most = defaultBase, defaultMost
	case base == 0:
		base = min(defaultBase, most)
	case most == 0:
		most = max(defaultMost, base)
	case most < base:
		return Delay{}, errors.New("MaxDelay is less than BaseDelay")
	}
	base, most = min(base, longest), min(most, longest)
	return Delay{base, most, base}, nil
}

// Next returns the next delay, which is at least 0 and less than the limit, and doubles
// the limit. random returns a number that is at least 0 and less than its argument; nil
// means clock.Random.
func (d *Delay) Next(random func(time.Duration) time.Duration) time.Duration {
	if random == nil {
		random = func(limit time.Duration) time.Duration { return time.Duration(clock.Random(int64(limit))) }
	}
	next := random(d.limit)
	d.limit = min(2*d.limit, d.most)
	return next
}

// Reset makes the limit of the next delay that of the first one.
func (d *Delay) Reset() { d.limit = d.base }
