//go:build !unix

package transport

import "net"

// newNonblocking returns nil: on systems other than Unix every Conn is a blocking one. On
// Windows RawConn.Write cannot wait for a socket.
func newNonblocking(net.Conn) Conn { return nil }
