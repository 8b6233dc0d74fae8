package link

import (
	"syscall"
	"unsafe"
)

// writeBoth writes two slices with one system call.
func writeBoth(fd int, both *[2][]byte) (int, error) {
	switch {
	case len(both[1]) == 0:
		return send(fd, both[0])
	case len(both[0]) == 0:
		return send(fd, both[1])
	}
	var iov [2]syscall.Iovec
	for i, p := range both {
		iov[i].Base = &p[0]
		iov[i].SetLen(len(p))
	}
	for {
		n, _, errno := syscall.Syscall(syscall.SYS_WRITEV, uintptr(fd), uintptr(unsafe.Pointer(&iov)), uintptr(len(iov)))
		switch errno {
		case 0:
			return int(n), nil
		case syscall.EINTR:
		default:
			return 0, errno
		}
	}
}
