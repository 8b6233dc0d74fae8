//go:build linux && !386 && !s390x

package transport

import "syscall"

const sysGetsockopt = syscall.SYS_GETSOCKOPT
