//go:build race

package simulation

// raceDetector reports whether the race detector is on. It makes everything several times
// as slow, and the scheduler's choices random.
const raceDetector = true
