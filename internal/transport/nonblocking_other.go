//go:build !unix

package transport

import "net"

// newNonblocking has no non-blocking write to build on here (on Windows
// RawConn.Write cannot wait for a socket), so every connection is blocking.
func newNonblocking(net.Conn) Conn { return nil }
