package hostile_test

import (
	"io"
	"log"
	"runtime"
	"runtime/debug"
	"sync/atomic"
	"time"
)

var quiet = log.New(io.Discard, "", 0)

// usage is what a victim uses. What is not known on a system is 0.
type usage struct {
	CPU, After     time.Duration // CPU time of the process, without that of this usage, and with it
	Heap, Stacks   int64         // bytes of objects that are in use, and of stacks
	RSS, Peak      int64         // bytes of resident memory: now, and the most since the last usage
	Goroutines     int           // now
	MostGoroutines int           // the most since the last usage, as far as samples show it
	Descriptors    int
}

// meter measures its own process.
type meter struct{ most atomic.Int64 }

// startMeter samples the number of goroutines every few milliseconds.
func startMeter() *meter {
	m := new(meter)
	go func() {
		for range time.Tick(5 * time.Millisecond) {
			m.sample()
		}
	}()
	return m
}

func (m *meter) sample() {
	if n := int64(runtime.NumGoroutine()); n > m.most.Load() {
		m.most.Store(n)
	}
}

// live is the memory in use.
func (u usage) live() int64 { return u.Heap + u.Stacks }

// usage collects garbage, twice, so that pools are empty and only what is in use remains.
func (m *meter) usage() (u usage) {
	m.sample()
	u.CPU, u.Peak = cpuTime(), peakRSS()
	u.MostGoroutines = int(m.most.Swap(0))
	runtime.GC()
	debug.FreeOSMemory()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	u.Heap, u.Stacks = int64(stats.HeapAlloc), int64(stats.StackInuse)
	u.RSS, u.Goroutines, u.Descriptors = rss(), runtime.NumGoroutine(), descriptors()
	resetPeak()
	u.After = cpuTime()
	return u
}
