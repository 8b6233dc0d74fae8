// Package transport reads and writes connections: TCP and Unix sockets without
// blocking, on systems that have that, and every other net.Conn with blocking calls.
// Nothing above it depends on which of them a connection is.
package transport

import (
	"errors"
	"net"
	"time"
)

// ErrWouldBlock is returned by a Write that does not wait if it has not written all.
var ErrWouldBlock = errors.New("transport: write would block")

// ReadBuffer provides the memory for reads. Space is called before
// each read, and Release before the reader waits without a buffer, so that most
// connections hold no memory while nothing arrives. Both are called by the goroutine that is in Conn.Read, and
// must not call the Conn.
type ReadBuffer interface {
	// Space returns a slice to read into. It is not empty. Its length is about size,
	// or what the buffer in use has left. If size is more than 64 KiB, that many bytes
	// have arrived.
	Space(size int) []byte
	// Release frees memory that is not needed while the reader waits. The slice that
	// Space has returned is not used any more.
	Release()
}

// Slices are the bytes of a Write: Head, then Body. Either may be empty. They are passed
// by pointer, which takes less of the stack.
type Slices struct{ Head, Body []byte }

// Conn is a connection. One goroutine may call Read while another calls Write; all other
// methods are safe for concurrent use.
type Conn interface {
	// Read waits until there are bytes to read, reads once, and returns the number of
	// bytes. It returns io.EOF at the end of the stream.
	Read(ReadBuffer) (int, error)
	// Write writes p.Head and then p.Body, and returns the number of bytes written. If
	// wait is true, it waits until at least one byte has been written, and may then
	// return without an error before all have, so that the caller notices progress. If
	// wait is false, it writes what it can without waiting, and returns ErrWouldBlock if
	// that is not all. Write does not change p, and does not keep it.
	Write(p *Slices, wait bool) (int, error)
	// SetReadDeadline makes a Read that waits fail at the given time with an error for
	// which IsTimeout is true. The zero time means no deadline.
	SetReadDeadline(time.Time) error
	// SetWriteDeadline does the same for a Write that waits, now or later. Before it fails,
	// that Write tries once more, for LastTry at most, and removes the deadline. A TLS
	// connection cannot be written after a Write has failed.
	SetWriteDeadline(time.Time) error
	// Delivery returns what the kernel knows about the TCP connection. ok is false if
	// that is not available: on systems other than Linux, and for a connection that is
	// not TCP or does not provide the one that it runs on.
	Delivery() (d Delivery, ok bool)
	// CloseWrite closes the sending direction. It returns errors.ErrUnsupported if the
	// connection cannot do that.
	CloseWrite() error
	// Close closes both directions, which ends a Read or a Write that waits. It may send
	// something first, as TLS does, and wait for the peer to take it.
	Close() error
	// Abort is Close that never waits.
	Abort() error
	RemoteAddr() net.Addr
}
