//go:build !unix

package soak

import "time"

// cpuTime is not known.
func cpuTime() time.Duration { return 0 }
