package simulation

import (
	"hash/fnv"
	"math/rand/v2"
	"time"
)

// random chooses for one part of a run. Each part has numbers of its own, which depend on
// the seed and the name of the part only. So the choices of one part do not depend on how
// much others have chosen before, nor on the order in which goroutines run.
type random struct{ *rand.Rand }

func newRandom(seed uint64, part string) random {
	h := fnv.New64a()
	_, _ = h.Write([]byte(part))
	return random{rand.New(rand.NewPCG(seed, h.Sum64()))}
}

// chance reports true with the given probability in percent.
func (r random) chance(percent int) bool { return r.IntN(100) < percent }

// between returns a duration from least to most.
func (r random) between(least, most time.Duration) time.Duration {
	return least + time.Duration(r.Int64N(int64(most-least)+1))
}

// size returns a number from 0 to most, small ones more often.
func (r random) size(most int) int {
	if most <= 0 {
		return 0
	}
	return r.IntN(1 + r.IntN(1+r.IntN(most+1)))
}

// one returns one of the values.
func one[T any](r random, values ...T) T { return values[r.IntN(len(values))] }
