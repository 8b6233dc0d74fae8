//go:build unix && (!linux || 386 || s390x)

package transport

import "syscall"

// recv and send return EINTR if a signal interrupts them.
func recv(fd uintptr, p []byte) (uintptr, syscall.Errno) { return called(syscall.Read(int(fd), p)) }
func send(fd uintptr, p []byte) (uintptr, syscall.Errno) { return called(syscall.Write(int(fd), p)) }

func called(n int, err error) (uintptr, syscall.Errno) {
	errno, _ := err.(syscall.Errno)
	return uintptr(n), errno
}
