//go:build unix

package ws_test

import "syscall"

// descriptorLimit is how many files may be open.
func descriptorLimit() int {
	var limit syscall.Rlimit
	_ = syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit)
	return int(min(uint64(limit.Cur), 1<<20))
}
