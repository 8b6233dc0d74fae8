//go:build unix && (!linux || 386 || s390x)

package link

import "syscall"

// arrived does not tell how much there is to be read.
func arrived(int) int { return 0 }

func recv(fd int, p []byte) (int, syscall.Errno) { return retry(syscall.Read, fd, p) }
func send(fd int, p []byte) (int, syscall.Errno) { return retry(syscall.Write, fd, p) }

// retry repeats a call that a signal interrupted.
func retry(call func(int, []byte) (int, error), fd int, p []byte) (int, syscall.Errno) {
	for {
		n, err := call(fd, p)
		errno, _ := err.(syscall.Errno)
		if errno != syscall.EINTR {
			return max(n, 0), errno
		}
	}
}
