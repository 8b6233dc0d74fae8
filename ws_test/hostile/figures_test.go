package hostile_test

import (
	"fmt"
	"testing"
	"time"
)

// figures are what an attack has cost.
type figures struct {
	rest   usage // before it, without any session
	before usage // with the one of the honest peer beside it
	during usage // at its end
	after  usage // without any session
	honest cost
	did    sent
	served service
	report report
}

// cost is the CPU time of the attack.
func (f figures) cost() cost { return costOf(f.before, f.during, f.did) }

// ratio is the CPU time of a unit beside that of an honest peer.
func (f figures) ratio(a attack) float64 {
	if a.unit == "byte" {
		return f.cost().byte / f.honest.byte
	}
	return f.cost().unit / f.honest.unit
}

func (f figures) live(a attack) int64 {
	return (f.during.live() - f.before.live()) / int64(max(a.conns, 1))
}

func (f figures) peak() int64 { return max(f.during.Peak-f.before.RSS, 0) }

func (f figures) goroutines(a attack) float64 {
	return float64(f.during.MostGoroutines-f.before.Goroutines) / float64(max(a.conns, 1))
}

// check compares the figures with the bounds.
func (f figures) check(t *testing.T, a attack) {
	t.Helper()
	if !measured {
		t.Log("NOT TESTED on this system: CPU time and resident memory")
	}
	if ratio := f.ratio(a); measured && !raceDetector && ratio > a.cpu {
		t.Errorf("a %s takes %.1f times the CPU time of an honest one, want at most %.1f", a.unit, ratio, a.cpu)
	}
	if !raceDetector && f.during.live()-f.before.live() > a.mostLive() {
		t.Errorf("a connection takes %d bytes, want at most %d", f.live(a), a.live)
	}
	if measured && !raceDetector && f.peak() > a.peak {
		t.Errorf("the attack takes %d bytes of resident memory, want at most %d", f.peak(), a.peak)
	}
	if n := f.goroutines(a); n > a.mostGoroutines() {
		t.Errorf("a connection takes %.2f goroutines, want at most %.1f", n, a.goroutines)
	}
	f.checkAfter(t)
	if a.expect != nil && !a.expect(f.report) {
		t.Errorf("this became of the sessions: %+v", f.report)
	}
	// It asks every 5 ms, or when it has been answered.
	if f.served.slowest > 5*time.Second || f.served.answers < int(f.served.time/(250*time.Millisecond))-4 {
		t.Errorf("an honest peer beside the attack got %d answers in %v, the slowest after %v", f.served.answers, f.served.time, f.served.slowest)
	}
}

// pools is how much memory may be in use that belongs to no connection.
const pools = 512 << 10

// mostLive is the memory that all connections may use.
func (a attack) mostLive() int64 { return a.live*int64(max(a.conns, 1)) + pools }

// mostGoroutines is how many goroutines there may be for each connection, with those of the
// process, and of timers that fire meanwhile.
func (a attack) mostGoroutines() float64 {
	return a.goroutines + float64(4+a.conns/100)/float64(max(a.conns, 1))
}

// disturbed reports whether a figure exceeds its bound that depends on what else the machine
// does, or on when the garbage collector runs.
func (f figures) disturbed(a attack) bool {
	return measured && !raceDetector && (f.ratio(a) > a.cpu || f.peak() > a.peak ||
		f.during.live()-f.before.live() > a.mostLive() || f.goroutines(a) > a.mostGoroutines())
}

// checkAfter checks that nothing is left.
func (f figures) checkAfter(t *testing.T) {
	t.Helper()
	if n := f.after.Goroutines - f.rest.Goroutines; n > 0 {
		t.Errorf("%d goroutines are left", n)
	}
	if n := f.after.Descriptors - f.rest.Descriptors; n > 0 {
		t.Errorf("%d descriptors are left", n)
	}
	// The runtime keeps what it knows of a goroutine, some 450 bytes, for another one.
	if n := f.after.Heap - f.rest.Heap; n > pools+int64(f.during.MostGoroutines)<<9 && !raceDetector {
		t.Errorf("%d bytes are left", n)
	}
}

// line says all of it in one line.
func (f figures) line(a attack) string {
	c := f.cost()
	return fmt.Sprintf("%d bytes, %d units: %.1f ns a byte, %.0f ns a unit, %.2f times an honest %s (%.1f ns a byte, %.0f ns a unit); "+
		"%d bytes live and %.2f goroutines each, %d KiB resident; beside it %d answers in %v, the slowest after %v; left %d goroutines, %d descriptors, %d KiB",
		f.did.bytes, f.did.units, c.byte, c.unit, f.ratio(a), a.unit, f.honest.byte, f.honest.unit,
		f.live(a), f.goroutines(a), f.peak()>>10, f.served.answers, f.served.time.Round(time.Millisecond), f.served.slowest.Round(time.Millisecond),
		f.after.Goroutines-f.rest.Goroutines, f.after.Descriptors-f.rest.Descriptors, (f.after.Heap-f.rest.Heap)>>10)
}
