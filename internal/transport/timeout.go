package transport

import (
	"errors"
	"net"
	"os"
	"syscall"
)

// IsTimeout reports whether err is the error of a Read or a Write whose deadline has
// passed. A net.Conn of another package may have an error of its own for that, a
// net.Error. ETIMEDOUT, from the operating system, is a net.Error too, but not such an
// error: it means that the peer's TCP has not answered for so long that the connection
// is lost.
func IsTimeout(err error) bool {
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return true
	}
	var timeout net.Error
	var errno syscall.Errno
	return errors.As(err, &timeout) && timeout.Timeout() && !errors.As(err, &errno)
}
