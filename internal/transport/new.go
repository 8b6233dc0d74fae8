package transport

import (
	"crypto/tls"
	"net"
)

// New returns a transport on conn. Only exactly a *net.TCPConn or *net.UnixConn
// is read and written through its descriptor: a wrapper that embeds one would
// promote its SyscallConn past the wrapper's own Read and Write.
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
