//go:build !unix

package link

import "net"

// newPolled has no non-blocking write to build on here (on Windows
// RawConn.Write cannot wait for a socket), so every connection is plain.
func newPolled(net.Conn) Conn { return nil }
