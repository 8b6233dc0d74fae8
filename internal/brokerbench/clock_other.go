//go:build !linux

package brokerbench

import (
	"errors"
	"time"
)

// A clock is known for Linux only.
type clock struct{}

func newClock() (clock, error) {
	return clock{}, errors.New("brokerbench: the clock that processes share is known for Linux only")
}

func (c *clock) now() time.Duration { return 0 }
