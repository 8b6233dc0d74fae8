package link

import (
	"syscall"
	"unsafe"
)

// sendBoth writes two slices, neither empty, with one system call.
func sendBoth(fd int, head, body []byte) (int, syscall.Errno) {
	var iov [2]syscall.Iovec
	for i, p := range [...][]byte{head, body} {
		iov[i].Base = &p[0]
		iov[i].SetLen(len(p))
	}
	for {
		n, _, errno := syscall.Syscall(syscall.SYS_WRITEV, uintptr(fd), uintptr(unsafe.Pointer(&iov)), uintptr(len(iov)))
		switch errno {
		case 0:
			return int(n), 0
		case syscall.EINTR: // a signal interrupted it
		default:
			return 0, errno
		}
	}
}
