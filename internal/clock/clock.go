// Package clock has what makes the times of one run of a program differ from those of
// another: the origin of times, and the random part of delays. A simulation sets both, so
// that it can be repeated exactly.
package clock

import (
	"math/rand/v2"
	"time"
)

// Epoch is the origin of times that are kept as numbers. It is an hour before the program
// started, so that no time is 0. Only a simulation sets it, while there is no session.
var Epoch = time.Now().Add(-time.Hour)

// Random returns a number that is at least 0 and less than n, which is positive. Only a
// simulation sets it, while there is no session.
var Random = rand.Int64N
