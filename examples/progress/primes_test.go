package main

import (
	"context"
	"errors"
	"testing"
)

func TestCountPrimes(t *testing.T) {
	// 2^20, at which a segment ends, has the primes 2^20 - 3 and 2^20 + 7 beside it.
	for _, test := range []struct{ below, primes uint64 }{
		{1, 0}, {2, 0}, {3, 1}, {4, 2}, {5, 2}, {6, 3}, {9, 4}, {10, 4}, {25, 9}, {26, 9},
		{100, 25}, {1000, 168}, {1_000_000, 78_498}, {3_000_000, 216_816},
		{segment - 3, 82_024}, {segment - 2, 82_025}, {segment - 1, 82_025}, {segment, 82_025},
		{segment + 1, 82_025}, {segment + 7, 82_025}, {segment + 8, 82_026},
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
