package transport

import (
	"syscall"
	"unsafe"
)

// tcpInfo is the beginning of struct tcp_info in linux/tcp.h, up to the fields needed.
type tcpInfo struct {
	_             [120]byte
	bytesAcked    uint64 // tcpi_bytes_acked of RFC 4898, since Linux 4.1
	bytesReceived uint64
}

// delivery returns the Delivery of a TCP socket. ok is false if the kernel does not
// provide it.
func delivery(raw syscall.RawConn) (d Delivery, ok bool) {
	err := raw.Control(func(fd uintptr) { d, ok = deliveryOf(int(fd)) })
	return d, ok && err == nil
}

func deliveryOf(fd int) (d Delivery, ok bool) {
	var info tcpInfo
	size := uint32(unsafe.Sizeof(info))
	_, _, errno := syscall.Syscall6(sysGetsockopt, uintptr(fd), syscall.IPPROTO_TCP, syscall.TCP_INFO,
		uintptr(unsafe.Pointer(&info)), uintptr(unsafe.Pointer(&size)), 0)
	if errno != 0 || uintptr(size) < unsafe.Sizeof(info) {
		return Delivery{}, false
	}
	var unacked int32
	_, _, errno = syscall.Syscall(syscall.SYS_IOCTL, uintptr(fd), syscall.TIOCOUTQ, uintptr(unsafe.Pointer(&unacked)))
	return Delivery{info.bytesAcked, info.bytesReceived, int(unacked), arrived(fd)}, errno == 0
}

// arrived returns the number of bytes that can be read, 0 if that is not known.
func arrived(fd int) int {
	var n int32
	_, _, _ = syscall.Syscall(syscall.SYS_IOCTL, uintptr(fd), syscall.TIOCINQ, uintptr(unsafe.Pointer(&n)))
	return int(n)
}
