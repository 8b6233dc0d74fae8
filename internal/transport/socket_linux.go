//go:build linux && !386 && !s390x

package transport

import (
	"syscall"
	"unsafe"
)

// recv and send are read(2) and write(2) for sockets, without the kernel's work for files.
// They return EINTR if a signal interrupts them. They are small enough to be inlined,
// which keeps the stack of a goroutine that serves a session small.
func recv(fd uintptr, p []byte) (n uintptr, err syscall.Errno) {
	n, _, err = syscall.Syscall6(syscall.SYS_RECVFROM, fd, uintptr(unsafe.Pointer(&p[0])), uintptr(len(p)), 0, 0, 0)
	return
}

func send(fd uintptr, p []byte) (n uintptr, err syscall.Errno) {
	n, _, err = syscall.Syscall6(syscall.SYS_SENDTO, fd, uintptr(unsafe.Pointer(&p[0])), uintptr(len(p)), syscall.MSG_NOSIGNAL, 0, 0)
	return
}
