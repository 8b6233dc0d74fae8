//go:build !unix

package ws_test

import "time"

var processBegan = time.Now()

// cpuTime stands in for how long the program has kept processors busy: where
// that is not to be had, it is as if it had never rested.
func cpuTime() time.Duration { return time.Since(processBegan) }
