package ws_test

import (
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// profileTimers makes the heap profile record every allocation, and so every
// timer, until end is called.
func profileTimers() (end func()) {
	rate := runtime.MemProfileRate
	runtime.MemProfileRate = 1
	return func() { runtime.MemProfileRate = rate }
}

// expectNoTimers checks that no timer that the library has made since
// profileTimers is left: neither a running one, which the runtime references, nor
// a stopped one that is still referenced.
func expectNoTimers(t *testing.T) {
	t.Helper()
	var left int
	for deadline := time.Now().Add(5 * time.Second); time.Now().Before(deadline); {
		forgetStoppedTimers()
		runtime.GC()
		runtime.GC() // a profile is as of the last but one
		if left = timers(); left == 0 {
			return
		}
	}
	t.Errorf("%d timers are left", left)
}

// timers counts the timers in memory that were made by code of the library.
func timers() (n int) {
	records := make([]runtime.MemProfileRecord, 1000)
	for {
		n, ok := runtime.MemProfile(records, false)
		if ok {
			records = records[:n]
			break
		}
		records = make([]runtime.MemProfileRecord, 2*n)
	}
	for _, r := range records {
		if madeTimers(r.Stack()) {
			n += int(r.InUseObjects())
		}
	}
	return n
}

// madeTimers reports whether this is where the library makes timers. The runtime's
// own lists of timers do not count.
func madeTimers(stack []uintptr) bool {
	var timer, ours, grown bool
	frames := runtime.CallersFrames(stack)
	for more := true; more; {
		var f runtime.Frame
		f, more = frames.Next()
		switch f.Function {
		case "time.AfterFunc", "time.NewTimer", "time.NewTicker":
			timer = true
		case "runtime.growslice":
			grown = true
		}
		ours = ours || strings.Contains(f.Function, "handset-go/handset/ws.")
	}
	return timer && ours && !grown
}

// forgetStoppedTimers has every processor look through its timers, among which
// those that were stopped stay for a while: it does so when many have been.
func forgetStoppedTimers() {
	var group sync.WaitGroup
	var here atomic.Int32
	procs := int32(runtime.GOMAXPROCS(0))
	for range procs {
		group.Go(func() {
			here.Add(1)
			for start := time.Now(); here.Load() < procs && time.Since(start) < time.Second; {
				// A goroutine that spins keeps its processor.
			}
			for range 1000 {
				time.AfterFunc(time.Hour, func() {}).Stop()
			}
			runtime.Gosched()
		})
	}
	group.Wait()
}
