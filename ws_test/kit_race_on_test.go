//go:build race

package ws_test

// raceDetector reports whether the race detector is on. With it on, pools
// forget, so allocations cannot be counted; what needs much CPU takes ten times
// as long; and at most 8,128 goroutines may run.
const raceDetector = true
