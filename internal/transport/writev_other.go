//go:build unix && !linux

package transport

import "syscall"

// sendBoth writes the first of two slices. The caller writes the other one next.
func sendBoth(fd uintptr, head, _ []byte) (uintptr, syscall.Errno) { return send(fd, head) }
