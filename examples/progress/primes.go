package main

import (
	"context"
	"math"
)

const (
	// mostBelow is the largest number that clients may ask for. It takes minutes.
	mostBelow = 100_000_000_000

	segment = 1 << 20 // numbers that are sieved together: they fit into the processor's cache
)

// countPrimes counts the primes below a number by the sieve of Eratosthenes, segment
// by segment. After each segment it calls progress with the primes below done. It
// returns ctx's error if ctx ends before.
func countPrimes(ctx context.Context, below uint64, progress func(done, primes uint64)) error {
	divisors := oddPrimes(uint64(math.Sqrt(float64(below))) + 1)
	next := make([]uint64, len(divisors)) // the next odd multiple of each divisor
	for i, p := range divisors {
		next[i] = p * p
	}
	var primes uint64
	if below > 2 {
		primes = 1 // the only even one
	}
	composite := make([]bool, segment/2) // composite[i] is that of from + 2i + 1
	for from := uint64(0); from < below; from += segment {
		if err := ctx.Err(); err != nil {
			return err
		}
		to := min(from+segment, below)
		primes += sieve(composite, from, to, divisors, next)
		progress(to, primes)
	}
	return nil
}

// sieve counts the odd primes from an even number, inclusive, to another number, exclusive.
func sieve(composite []bool, from, to uint64, divisors, next []uint64) (primes uint64) {
	clear(composite)
	for i, p := range divisors {
		multiple := next[i]
		for ; multiple < to; multiple += 2 * p {
			composite[(multiple-from)/2] = true
		}
		next[i] = multiple
	}
	if from == 0 {
		composite[0] = true // 1 is no prime
	}
	for _, c := range composite[:(to-from)/2] {
		if !c {
			primes++
		}
	}
	return primes
}

// oddPrimes returns the odd primes up to a number.
func oddPrimes(limit uint64) (primes []uint64) {
	composite := make([]bool, limit+1)
	for p := uint64(3); p <= limit; p += 2 {
		if composite[p] {
			continue
		}
		primes = append(primes, p)
		for multiple := p * p; multiple <= limit; multiple += 2 * p {
			composite[multiple] = true
		}
	}
	return primes
}
