package transport

import (
	"errors"
	"net"
	"os"
	"syscall"
)

// IsTimeout reports whether a Read or a Write has ended because a deadline has
// passed. A transport that is not the net package's may have an error of its own
// for that, a net.Error. One that the operating system reports is another thing,
// though it is a net.Error too: ETIMEDOUT says that the peer's TCP has not
// answered for so long that the connection is gone.
func IsTimeout(err error) bool {
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return true
	}
	var timeout net.Error
	var errno syscall.Errno
	return errors.As(err, &timeout) && timeout.Timeout() && !errors.As(err, &errno)
}
