//go:build race

package hostile_test

// raceDetector reports whether the race detector is on. It changes what costs CPU time and
// memory, and allows some 8,000 goroutines.
const raceDetector = true
