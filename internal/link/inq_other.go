//go:build unix && (!linux || 386 || s390x)

package link

import "syscall"

// unknownLeft says that the kernel did not tell how much is left to be read.
const unknownLeft = -1

// inq reads a socket. Only Linux tells with the same call how much is left.
type inq struct{}

func (inq) read(fd int, p []byte) (n, left int, err error) {
	n, err = retry(syscall.Read, fd, p)
	return n, unknownLeft, err
}
