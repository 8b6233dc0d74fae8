//go:build unix && !linux

package link

import "syscall"

// sendBoth writes the first of two slices; the other one's turn comes next.
func sendBoth(fd int, head, _ []byte) (int, syscall.Errno) { return send(fd, head) }
