package transport

import (
	"syscall"
	"unsafe"
)

// sendBoth writes two slices, neither empty, with one system call.
//
//go:noinline
func sendBoth(fd uintptr, head, body []byte) (uintptr, syscall.Errno) {
	var iov [2]syscall.Iovec
	for i, p := range [...][]byte{head, body} {
		iov[i].Base = &p[0]
		iov[i].SetLen(len(p))
	}
	n, _, errno := syscall.Syscall(syscall.SYS_WRITEV, fd, uintptr(unsafe.Pointer(&iov)), uintptr(len(iov)))
	return n, errno
}
