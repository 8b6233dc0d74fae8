package hostile_test

import (
	"bytes"
	"fmt"
	"os"
	"syscall"
	"time"
)

// measured is whether CPU time and resident memory are known.
const measured = true

// cpuTime is the CPU time of the process.
func cpuTime() time.Duration {
	var use syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &use); err != nil {
		panic(err)
	}
	return time.Duration(use.Utime.Nano() + use.Stime.Nano())
}

func rss() int64     { return status("VmRSS:") }
func peakRSS() int64 { return status("VmHWM:") }

// resetPeak makes the peak what is resident now.
func resetPeak() { _ = os.WriteFile("/proc/self/clear_refs", []byte("5"), 0) }

// status returns a line of /proc/self/status, which has kilobytes, in bytes.
func status(name string) (n int64) {
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		panic(err)
	}
	if _, rest, ok := bytes.Cut(text, []byte(name)); ok {
		_, _ = fmt.Fscan(bytes.NewReader(rest), &n)
	}
	return n << 10
}

func descriptors() int {
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return 0
	}
	return len(entries)
}

// raiseDescriptors makes the limit of open files the hard one, and returns it.
func raiseDescriptors() int {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return 0
	}
	limit.Cur = limit.Max
	_ = syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit)
	_ = syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit)
	return int(min(limit.Cur, 1<<20))
}

// smallSocket makes a socket that is about to connect one that buffers little, on both ends
// of the connection: by short segments, and by a small window.
func smallSocket(_, _ string, c syscall.RawConn) error {
	return c.Control(func(fd uintptr) {
		_ = syscall.SetsockoptInt(int(fd), syscall.IPPROTO_TCP, syscall.TCP_MAXSEG, 1000)
		_ = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF, 4<<10)
	})
}
