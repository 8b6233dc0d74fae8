package brokerbench

import (
	"syscall"
	"time"
	"unsafe"
)

// clockMonotonic is CLOCK_MONOTONIC of clock_gettime(2). It counts from the same moment, the
// start of the machine, in all processes. Package time uses it, too, but tells only differences.
const clockMonotonic = 1

// A clock tells the time of CLOCK_MONOTONIC.
type clock struct {
	begin time.Time
	at    time.Duration // the time of CLOCK_MONOTONIC at begin
}

// newClock reads the clock several times, as the process may be interrupted between begin and
// at, and keeps the pair with the least time between them.
func newClock() (clock, error) {
	var best clock
	least := time.Hour
	for range 100 {
		var now syscall.Timespec
		begin := time.Now()
		_, _, errno := syscall.RawSyscall(syscall.SYS_CLOCK_GETTIME, clockMonotonic, uintptr(unsafe.Pointer(&now)), 0)
		if errno != 0 {
			return clock{}, errno
		}
		if took := time.Since(begin); took < least {
			best, least = clock{begin, time.Duration(now.Nano())}, took
		}
	}
	return best, nil
}

// now returns the time since the start of the machine.
func (c *clock) now() time.Duration { return c.at + time.Since(c.begin) }
