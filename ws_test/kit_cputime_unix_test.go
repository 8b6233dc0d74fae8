//go:build unix

package ws_test

import (
	"syscall"
	"time"
)

// cpuTime is how long the program has kept processors busy.
func cpuTime() time.Duration {
	var use syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &use); err != nil {
		panic(err)
	}
	return time.Duration(use.Utime.Nano() + use.Stime.Nano())
}
