//go:build linux && !386 && !s390x

package link

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
// files.
func recv(fd int, p []byte) (int, syscall.Errno) { return transfer(syscall.SYS_RECVFROM, fd, p, 0) }
func send(fd int, p []byte) (int, syscall.Errno) {
	return transfer(syscall.SYS_SENDTO, fd, p, syscall.MSG_NOSIGNAL)
}

func transfer(call uintptr, fd int, p []byte, flags uintptr) (int, syscall.Errno) {
	for {
		n, _, errno := syscall.Syscall6(call, uintptr(fd), uintptr(unsafe.Pointer(&p[0])), uintptr(len(p)), flags, 0, 0)
		switch errno {
		case 0:
			return int(n), 0
		case syscall.EINTR: // a signal interrupted it
		default:
			return 0, errno
		}
	}
}
