//go:build race

package ws_test

// underRace is whether the race detector is on, which stands 8,128 goroutines.
const underRace = true
