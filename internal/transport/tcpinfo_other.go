//go:build !linux

package transport

import "syscall"

// delivery returns false: the kernel does not provide a Delivery.
func delivery(syscall.RawConn) (Delivery, bool) { return Delivery{}, false }

// arrived returns 0: the number of bytes that can be read is not known.
func arrived(int) int { return 0 }
