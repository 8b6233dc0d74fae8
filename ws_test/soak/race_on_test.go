//go:build race

package soak

// raceDetector reports whether the race detector is on, which allows 8,128 goroutines in
// a process.
const raceDetector = true
