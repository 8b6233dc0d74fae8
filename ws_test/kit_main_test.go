package ws_test

import (
	"bytes"
	"flag"
	"fmt"
	"net"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"testing"
	"time"
)

// TestMain runs the package's tests and then checks that they left neither
// goroutines of the library nor descriptors.
func TestMain(m *testing.M) {
	if l, err := net.Listen("tcp", "127.0.0.1:0"); err == nil {
		l.Close() // the runtime's poller keeps descriptors of its own from here on
	}
	flag.Parse()
	if flag.Lookup("test.parallel").Value.String() == strconv.Itoa(runtime.GOMAXPROCS(0)) {
		n := 32 // parallel tests mostly wait
		if raceDetector {
			n = 8 // but not with the race detector
		}
		_ = flag.Set("test.parallel", strconv.Itoa(n))
	}
	before := descriptors()
	code := m.Run()
	if code == 0 {
		if left := leftovers(before); left != "" {
			fmt.Fprintln(os.Stderr, "left behind by the tests:\n"+left)
			code = 1
		}
	}
	os.Exit(code)
}

// leftovers waits a while for goroutines and descriptors to be released.
func leftovers(before int) (left string) {
	for deadline := time.Now().Add(5 * time.Second); ; runtime.Gosched() {
		left = goroutines()
		if n := descriptors(); left == "" && n > before {
			left = fmt.Sprintf("%d descriptors more than before", n-before)
		}
		if left == "" || time.Now().After(deadline) {
			return left
		}
		debug.FreeOSMemory() // runs finalizers, which close files, and takes time
	}
}

// goroutines returns the stacks of goroutines that run code of the library.
func goroutines() string {
	all := make([]byte, 1<<20)
	all = all[:runtime.Stack(all, true)]
	var ours [][]byte
	for _, stack := range bytes.Split(all, []byte("\n\n"))[1:] {
		if bytes.Contains(stack, []byte("handset-go/handset/ws.")) {
			ours = append(ours, stack)
		}
	}
	return string(bytes.Join(ours, []byte("\n\n")))
}

// descriptors counts the process's open files, 0 where that cannot be known.
func descriptors() int {
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return 0
	}
	return len(entries)
}
