//go:build !linux

package hostile_test

import (
	"syscall"
	"time"
)

// measured is whether CPU time and resident memory are known.
const measured = false

func cpuTime() time.Duration { return 0 }
func rss() int64             { return 0 }
func peakRSS() int64         { return 0 }
func resetPeak()             {}
func descriptors() int       { return 0 }

// raiseDescriptors returns how many files may be open, as package os has raised it.
func raiseDescriptors() int { return 2_000 }

// smallSocket leaves a socket as it is.
func smallSocket(_, _ string, _ syscall.RawConn) error { return nil }
