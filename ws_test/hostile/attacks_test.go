package hostile_test

import (
	"slices"
	"strings"
)

// attacks is the table.
func attacks() []attack {
	return slices.Concat(handshakes(), connections(), fragments(), controls(), closings(), readers(), compressed(), groups())
}

// Sizes of what an attacker sends.
const (
	kib = 1 << 10
	mib = 1 << 20
)

// failedWith returns whether so many dials have failed with an error that has the text.
func failedWith(n int, text string) func(report) bool {
	return func(r report) bool {
		failed := 0
		for err, count := range r.Failures {
			if strings.Contains(err, text) {
				failed += count
			}
		}
		return failed == n
	}
}

// ended returns whether so many sessions, or at least so many, have ended for a reason.
func ended(n int, reason string) func(report) bool {
	return func(r report) bool { return r.Ends[reason] >= uint64(n) }
}
