//go:build unix && (!linux || 386 || s390x)

package transport

import "syscall"

// arrived does not tell how much there is to be read.
func arrived(int) int { return 0 }

// recv and send may be interrupted by a signal, with EINTR.
func recv(fd uintptr, p []byte) (uintptr, syscall.Errno) { return called(syscall.Read(int(fd), p)) }
func send(fd uintptr, p []byte) (uintptr, syscall.Errno) { return called(syscall.Write(int(fd), p)) }

func called(n int, err error) (uintptr, syscall.Errno) {
	errno, _ := err.(syscall.Errno)
	return uintptr(n), errno
}
