package soak

import (
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"slices"
	"strings"
	"time"
)

// A sample is what a process uses.
type sample struct {
	Goroutines, Descriptors int
	Heap, Stacks, RSS       uint64        // bytes
	CPU                     time.Duration // since the process began
	Sessions                int
}

// measure returns what this process uses. The heap is what was referenced at the last
// garbage collection.
func measure(sessions int) sample {
	m := []metrics.Sample{{Name: "/gc/heap/live:bytes"}, {Name: "/memory/classes/heap/stacks:bytes"}}
	metrics.Read(m)
	return sample{runtime.NumGoroutine(), descriptors(), m[0].Value.Uint64(), m[1].Value.Uint64(), rss(), cpuTime(), sessions}
}

// collectGarbage collects it every two seconds, until end is called: so the samples are
// of now, and abandoned sessions are found.
func collectGarbage() (end func()) { return every(2*time.Second, runtime.GC) }

// descriptors counts the open files, 0 where that cannot be known.
func descriptors() int {
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return 0
	}
	return len(entries)
}

// rss returns the memory of the process in bytes, 0 where that cannot be known.
func rss() uint64 {
	status, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0
	}
	var size, resident uint64
	_, _ = fmt.Sscan(string(status), &size, &resident)
	return resident * uint64(os.Getpagesize())
}

// Bounds of what a process may use at the end more than after the warm-up. What remains is
// not of sessions: what the runtime keeps for each goroutine that there was at a time,
// maps that do not shrink, and caches of net/http and crypto/tls.
const rssTolerance = 48 << 20

func heapTolerance(sessions int) int { return 512<<10 + sessions<<10 }

// settle waits until idle returns true and the process has no more goroutines and
// descriptors than before, and returns what it uses then. Pools are empty after two
// garbage collections; sessions that were abandoned end after four; groups are forgotten
// after keepsGroup. If that does not happen within patience, problem says what is left.
func settle(idle func() bool, before *sample) (now sample, problem string) {
	quiet, since := 0, time.Now()
	for deadline := since.Add(patience); quiet < 5 || time.Since(since) < 2*keepsGroup; {
		debug.FreeOSMemory()
		now = measure(0)
		busy := !idle()
		switch {
		case !busy && (before == nil || now.Goroutines <= before.Goroutines && now.Descriptors <= before.Descriptors):
			quiet++
		case time.Now().After(deadline):
			return now, fmt.Sprintf("after %v sessions are left: %v; before: %+v, now: %+v\n%s", patience, busy, before, now, stacks(""))
		default:
			quiet, since = 0, time.Now()
		}
		time.Sleep(20 * time.Millisecond) // the goroutines that are left need the processor
	}
	return now, ""
}

// exceeded says what another sample, of the end, has more of. There were so many sessions
// at a time.
func (s sample) exceeded(end sample, sessions int) (problems []string) {
	for _, m := range []struct {
		what              string
		start, end, bound int
	}{
		{"goroutines", s.Goroutines, end.Goroutines, 0},
		{"descriptors", s.Descriptors, end.Descriptors, 0},
		{"bytes of heap", int(s.Heap), int(end.Heap), heapTolerance(sessions)},
		{"bytes of memory", int(s.RSS), int(end.RSS), rssTolerance},
	} {
		if m.end > m.start+m.bound {
			problems = append(problems, fmt.Sprintf("%d %s at the end, %d at the start", m.end, m.what, m.start))
		}
	}
	return problems
}

func (s sample) String() string {
	return fmt.Sprintf("%d sessions, %d goroutines, %d descriptors, heap %.1f MiB, stacks %.1f MiB, RSS %.1f MiB, CPU %.1f s",
		s.Sessions, s.Goroutines, s.Descriptors, mib(s.Heap), mib(s.Stacks), mib(s.RSS), s.CPU.Seconds())
}

func mib(bytes uint64) float64 { return float64(bytes) / (1 << 20) }

// trends compares the last third of samples with the middle third: memory, goroutines
// and descriptors must not grow while the number of sessions stays the same. It
// compares medians, because single large messages make memory vary.
func trends(samples []sample) (problems []string) {
	if len(samples) < 15 {
		return nil // there are too few
	}
	third := len(samples) / 3
	middle, last := samples[third:2*third], samples[2*third:3*third]
	for _, m := range []struct {
		what  string
		of    func(sample) int
		slack int
	}{
		{"goroutines", func(s sample) int { return s.Goroutines }, 100},
		{"descriptors", func(s sample) int { return s.Descriptors }, 100},
		{"bytes of heap", func(s sample) int { return int(s.Heap) }, 4 << 20},
		{"bytes of stacks", func(s sample) int { return int(s.Stacks) }, 4 << 20},
		{"bytes of memory", func(s sample) int { return int(s.RSS) }, 16 << 20},
	} {
		before, after := median(middle, m.of), median(last, m.of)
		if after > before+before/10+m.slack {
			problems = append(problems, fmt.Sprintf("%s grow: %d in the middle third, %d in the last", m.what, before, after))
		}
	}
	return problems
}

func median(samples []sample, of func(sample) int) int {
	values := make([]int, len(samples))
	for i, s := range samples {
		values[i] = of(s)
	}
	slices.Sort(values)
	return values[len(values)/2]
}

// memoryBound is how much heap a process may use: what a session may buffer, and what
// large messages need while they are sent and received.
func memoryBound(sessions int) uint64 { return uint64(sessions)*64<<10 + 128<<20 }

// leftGoroutines returns the stacks of goroutines that run code of the library.
func leftGoroutines() string { return stacks("handset-go/handset/ws.", "handset-go/handset/group.") }

// stacks returns the stacks of some goroutines that have one of the words in them, "" if
// there are none.
func stacks(words ...string) string {
	all := make([]byte, 4<<20)
	all = all[:runtime.Stack(all, true)]
	var found []string
	for _, stack := range strings.Split(string(all), "\n\n")[1:] {
		if slices.ContainsFunc(words, func(word string) bool { return strings.Contains(stack, word) }) {
			found = append(found, stack)
		}
	}
	if len(found) == 0 {
		return ""
	}
	return fmt.Sprintf("%d goroutines, such as\n%s", len(found), strings.Join(found[:min(len(found), 10)], "\n\n"))
}
