package transport

import (
	"fmt"
	"io"
	"net"
	"os"
	"syscall"
	"testing"
)

// ownError is a net.Error that is nobody else's.
type ownError struct{ timeout bool }

func (ownError) Error() string   { return "an error of its own" }
func (e ownError) Timeout() bool { return e.timeout }
func (ownError) Temporary() bool { return false }

// IsTimeout recognizes the timeout errors of all connections.
func TestIsTimeout(t *testing.T) {
	for _, test := range []struct {
		err  error
		want bool
	}{
		{nil, false},
		{io.EOF, false},
		{net.ErrClosed, false},
		{os.ErrDeadlineExceeded, true},
		{&net.OpError{Op: "read", Err: os.ErrDeadlineExceeded}, true},
		{ownError{timeout: true}, true},
		{fmt.Errorf("wrapped: %w", ownError{timeout: true}), true},
		{ownError{}, false},
		{syscall.ETIMEDOUT, false},
		{&net.OpError{Op: "read", Err: os.NewSyscallError("read", syscall.ETIMEDOUT)}, false},
		{&net.OpError{Op: "read", Err: os.NewSyscallError("read", syscall.ECONNRESET)}, false},
	} {
		if got := IsTimeout(test.err); got != test.want {
			t.Errorf("%v: %v, want %v", test.err, got, test.want)
		}
	}
}
