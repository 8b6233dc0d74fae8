//go:build unix && !linux

package link

import "syscall"

// writeBoth writes the first of two slices that is not empty.
func writeBoth(fd int, both *[2][]byte) (int, error) {
	if len(both[0]) > 0 {
		return retry(syscall.Write, fd, both[0])
	}
	return retry(syscall.Write, fd, both[1])
}
