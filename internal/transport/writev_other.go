//go:build unix && !linux

package transport

import "syscall"

// sendBoth writes the first of two slices; the other one's turn comes next.
func sendBoth(fd uintptr, head, _ []byte) (uintptr, syscall.Errno) { return send(fd, head) }
