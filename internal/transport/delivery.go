package transport

import (
	"net"
	"syscall"
)

// Delivery is what the kernel knows about a TCP connection. All figures are in bytes.
type Delivery struct {
	Acked    uint64 // acknowledged by the peer's TCP, in total
	Received uint64 // received in order, read or not, in total
	Unacked  int    // written and not acknowledged
	Unread   int    // received in order and not read
}

// deliveryUnder returns the Delivery of the TCP connection that conn is or runs on.
func deliveryUnder(conn net.Conn) (Delivery, bool) {
	if raw := socketUnder(conn); raw != nil {
		return delivery(raw)
	}
	return Delivery{}, false
}

// socketUnder returns the socket that conn is or, as TLS does, runs on. It is nil if conn
// has none or does not provide it.
func socketUnder(conn net.Conn) syscall.RawConn {
	for range maxWrappers {
		switch c := conn.(type) {
		case syscall.Conn: // also one promoted from a wrapped conn: it is neither read nor written
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

// maxWrappers is the number of wrappers that socketUnder looks into at most.
const maxWrappers = 8
