// Package link is what the two halves of a connection stand on: a transport
// that can be read, written, given deadlines and closed. Nothing above it
// knows whether that is a TCP socket, TLS, a middleware's wrapper or, one day,
// an HTTP/2 stream (RFC 8441).
package transport

import (
	"errors"
	"net"
	"time"
)

// ErrWouldBlock is the answer when bytes are left that only a write that waits
// can move.
var ErrWouldBlock = errors.New("transport: write would block")

// ReadBuffer is where a read puts its bytes. It is asked for space only when a read
// is about to be made, and told when the reader goes to wait instead, so that
// memory need not be held while nothing arrives.
type ReadBuffer interface {
	// Space returns a slice to read into, never empty, of about size bytes
	// unless the bytes that are already held leave another room. A size of more
	// than 64 KiB says that so much has arrived.
	Space(size int) []byte
	// Release says that nothing was there to be read; the slice that Space
	// returned is not used again.
	Release()
}

// Slices are bytes to be written, in two parts of which either may be empty. A
// pointer to them takes less of the stack than they do.
type Slices struct{ Head, Body []byte }

// Conn is a transport. One goroutine may read while another writes; the other
// methods are safe at any time.
type Conn interface {
	// Read waits until there is something to read and reads once. It returns
	// io.EOF at the end.
	Read(ReadBuffer) (int, error)
	// Write writes p's head and then its body and returns how much of them was
	// written. If wait is true it waits until that is at least a byte, and may
	// return early, with no error, so that the caller sees progress. Otherwise it
	// writes what it can without waiting, and returns ErrWouldBlock if that is not
	// all of them. It does not change p.
	Write(p *Slices, wait bool) (int, error)
	// SetReadDeadline ends a Read that waits, with an error that IsTimeout; the
	// zero time takes the deadline away. SetWriteDeadline does so for a Write that
	// waits, or the next one, but that first tries once more what it can write
	// without waiting, and the deadline is gone after it, unless what is written
	// to cannot go on after a deadline, as TLS.
	SetReadDeadline(time.Time) error
	SetWriteDeadline(time.Time) error
	// Delivery tells what the kernel knows of the connection's TCP. ok is false
	// where it does not tell: on systems other than Linux, and for connections
	// that are not TCP or do not show that they run on it.
	Delivery() (d Delivery, ok bool)
	// CloseWrite ends the outgoing direction, if the transport can do that.
	CloseWrite() error
	// Close ends both directions and wakes all that wait. It may take leave of
	// the peer first, as TLS does, which can wait for the peer.
	Close() error
	// Abort is a Close that never waits.
	Abort() error
	RemoteAddr() net.Addr
}
