package main

import (
	"context"
	"errors"
	"testing"
)

func TestCountPrimes(t *testing.T) {
	// The values of π(x) are those of OEIS A006880, and those around a border of two
	// segments come from trial division.
	for _, test := range []struct{ below, primes uint64 }{
		{1, 0}, {2, 0}, {3, 1}, {4, 2}, {5, 2}, {6, 3}, {9, 4}, {10, 4}, {25, 9}, {26, 9},
		{100, 25}, {1000, 168}, {1_000_000, 78_498}, {10_000_000, 664_579},
		{segment - 1, primesBelow(segment - 1)}, {segment, primesBelow(segment)}, {segment + 1, primesBelow(segment + 1)},
		{segment + 8, primesBelow(segment + 8)},
	} {
		var done, primes uint64
		err := countPrimes(t.Context(), test.below, func(d, p uint64) {
			if d <= done || p < primes {
				t.Errorf("below %d: progress from %d to %d", test.below, done, d)
			}
			done, primes = d, p
		})
		if err != nil || done != test.below || primes != test.primes {
			t.Errorf("below %d: %d primes, done %d, %v, want %d", test.below, primes, done, err, test.primes)
		}
	}
}

// primesBelow counts by trial division.
func primesBelow(below uint64) (count uint64) {
	for n := uint64(2); n < below; n++ {
		prime := true
		for d := uint64(2); d*d <= n && prime; d++ {
			prime = n%d != 0
		}
		if prime {
			count++
		}
	}
	return count
}

func TestCountPrimesCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	segments := 0
	err := countPrimes(ctx, mostBelow, func(_, _ uint64) {
		if segments++; segments == 3 {
			cancel()
		}
	})
	if !errors.Is(err, context.Canceled) || segments != 3 {
		t.Errorf("%v after %d segments", err, segments)
	}
}
