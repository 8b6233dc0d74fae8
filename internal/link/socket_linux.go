//go:build linux && !386 && !s390x

package link

import (
	"syscall"
	"unsafe"
)

// tcpInq is TCP_INQ of linux/tcp.h, as an option and as a control message.
const tcpInq = 36

// inq reads a socket and learns with the same system call how much is left.
// TCP counts the end of the stream as a byte; other sockets do not tell.
type inq uint8

const (
	inqUntried inq = iota
	inqWorks
	inqMissing
)

// unknownLeft says that the kernel did not tell.
const unknownLeft = -1

func (q *inq) read(fd int, p []byte) (n, left int, err syscall.Errno) {
	if *q == inqUntried {
		*q = inqMissing
		if syscall.SetsockoptInt(fd, syscall.IPPROTO_TCP, tcpInq, 1) == nil {
			*q = inqWorks
		}
	}
	if *q == inqMissing {
		n, err = recv(fd, p)
		return n, unknownLeft, err
	}
	return recvmsg(fd, p)
}

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

// inqMessage is the control message that tells what is left.
type inqMessage struct {
	header syscall.Cmsghdr
	left   int32
}

func recvmsg(fd int, p []byte) (n, left int, err syscall.Errno) {
	var control inqMessage
	iov := syscall.Iovec{Base: &p[0]}
	iov.SetLen(len(p))
	msg := syscall.Msghdr{Iov: &iov, Iovlen: 1, Control: (*byte)(unsafe.Pointer(&control))}
	for {
		msg.SetControllen(int(unsafe.Sizeof(control)))
		n, _, errno := syscall.Syscall(syscall.SYS_RECVMSG, uintptr(fd), uintptr(unsafe.Pointer(&msg)), 0)
		switch {
		case errno == syscall.EINTR:
			continue
		case errno != 0:
			return 0, unknownLeft, errno
		case control.header.Level != syscall.IPPROTO_TCP || control.header.Type != tcpInq:
			return int(n), unknownLeft, 0
		}
		return int(n), int(control.left), 0
	}
}
