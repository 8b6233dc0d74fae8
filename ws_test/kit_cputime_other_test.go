//go:build !unix

package ws_test

import "time"

var processBegan = time.Now()

// cpuTime is the time since the start of the program, in place of its CPU
// time, which is not known on this system.
func cpuTime() time.Duration { return time.Since(processBegan) }
