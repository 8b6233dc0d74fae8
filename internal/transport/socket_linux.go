//go:build linux && !386 && !s390x

package transport

import (
	"syscall"
	"unsafe"
)

// arrived is how much there is to be read, 0 if the kernel does not tell.
func arrived(fd int) int {
	var n int32
	_, _, _ = syscall.Syscall(syscall.SYS_IOCTL, uintptr(fd), syscall.TIOCINQ, uintptr(unsafe.Pointer(&n)))
	return int(n)
}

// recv and send are read and write for sockets, spared what the kernel does for
// files. A signal may interrupt them, with EINTR. They are small enough to be
// inlined: an idle connection's stack is what the deepest of its calls has taken.
func recv(fd uintptr, p []byte) (n uintptr, err syscall.Errno) {
	n, _, err = syscall.Syscall6(syscall.SYS_RECVFROM, fd, uintptr(unsafe.Pointer(&p[0])), uintptr(len(p)), 0, 0, 0)
	return
}

func send(fd uintptr, p []byte) (n uintptr, err syscall.Errno) {
	n, _, err = syscall.Syscall6(syscall.SYS_SENDTO, fd, uintptr(unsafe.Pointer(&p[0])), uintptr(len(p)), syscall.MSG_NOSIGNAL, 0, 0)
	return
}
