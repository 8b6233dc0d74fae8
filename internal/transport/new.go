package transport

import (
	"crypto/tls"
	"net"
)

// New returns a Conn on conn. Only a *net.TCPConn or a *net.UnixConn itself is read and
// written through its file descriptor: a wrapper that embeds one has its SyscallConn
// too, by which the wrapper's own Read and Write would be bypassed.
func New(conn net.Conn) Conn {
	switch c := conn.(type) {
	case *net.TCPConn:
		if p := newNonblocking(c); p != nil {
			return p
		}
	case *net.UnixConn:
		if p := newNonblocking(c); p != nil {
			return p
		}
	case *tls.Conn:
		return newTLS(c)
	}
	return newBlocking(conn)
}
