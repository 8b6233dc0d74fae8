//go:build !linux

package transport

// A Poller waits until connections can be read, many in one goroutine. It is available on
// Linux.
type Poller struct{}

// CanPoll reports whether a Poller can wait for the connection.
func CanPoll(Conn) bool { return false }

// Add begins to wait for a connection. ok is false if the Poller cannot wait for it.
func (*Poller) Add(Conn, uint64, func()) (run func(), ok bool) { return nil, false }

// Remove stops waiting for a connection. It returns nil if it was not waited for.
func (*Poller) Remove(uint64) (ready func()) { return nil }
