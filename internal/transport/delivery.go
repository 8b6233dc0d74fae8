package transport

import (
	"net"
	"syscall"
)

// Delivery is what the kernel knows of a TCP connection beyond what its reader
// and its writer see.
type Delivery struct {
	Acked    uint64 // bytes that the peer's TCP has acknowledged, in all
	Received uint64 // bytes that have arrived in order, read or not, in all
	Unacked  int    // bytes that were written and not acknowledged yet
	Unread   int    // bytes that have arrived in order and were not read yet
}

// deliveryUnder asks about the TCP connection that conn is or runs on.
func deliveryUnder(conn net.Conn) (Delivery, bool) {
	if raw := socketUnder(conn); raw != nil {
		return delivery(raw)
	}
	return Delivery{}, false
}

// socketUnder returns the TCP socket that conn is, or runs on as TLS does. nil
// if it is none or does not show it.
func socketUnder(conn net.Conn) syscall.RawConn {
	for range maxWrappers {
		switch c := conn.(type) {
		case syscall.Conn: // a promoted one too: it is only asked, not read or written
			if raw, err := c.SyscallConn(); err == nil {
				return raw
			}
			return nil
		case interface{ NetConn() net.Conn }:
			conn = c.NetConn()
		default:
			return nil
		}
	}
	return nil
}

// maxWrappers bounds how deep a socket is looked for.
const maxWrappers = 8
