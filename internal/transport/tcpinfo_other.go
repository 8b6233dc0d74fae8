//go:build !linux || 386 || s390x

package transport

import "syscall"

// delivery returns false: the kernel does not provide a Delivery.
func delivery(syscall.RawConn) (Delivery, bool) { return Delivery{}, false }
