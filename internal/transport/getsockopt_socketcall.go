//go:build linux && (386 || s390x)

package transport

// sysGetsockopt is getsockopt(2), which these systems have had since Linux 4.3. Package
// syscall knows only what they had before: socketcall(2).
const sysGetsockopt = 365
