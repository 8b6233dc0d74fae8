package simulation

import (
	"flag"
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
)

var (
	seeds = flag.Uint64("seeds", 300, "number of seeds to run")
	from  = flag.Uint64("from", 1, "first seed")
	seed  = flag.Uint64("seed", 0, "run only this seed; with -v its trace is printed")
	child = flag.Bool("child", false, "run the seeds in this process, and report each")
)

// TestSimulate runs seeds, in several processes. A seed that fails prints how to repeat
// it. With -seed it runs that seed.
func TestSimulate(t *testing.T) {
	switch {
	case *seed != 0:
		runOne(t, *seed)
	case *child:
		runChild(t)
	case testing.CoverMode() != "": // only this process is covered
		for s := *from; s < *from+*seeds; s++ {
			if failures := runSeed(t, s, nil); failures != nil {
				t.Error(explain(s, failures))
			}
		}
	default:
		runProcesses(t)
	}
}

// TestTrace shows that a run is exact: the same seed has the same trace, whatever the
// scheduler does.
func TestTrace(t *testing.T) {
	const runs = 4
	for s := *from; s < *from+min(*seeds, 100); s++ {
		var first *trace
		for i := range runs {
			tr := newTrace()
			if i == runs/2 {
				defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
			}
			runSeed(t, s, tr)
			if first == nil {
				first = tr
			}
			if first.hash() != tr.hash() {
				t.Errorf("seed %d: run %d differs: %s", s, i, difference(first, tr))
				break
			}
		}
	}
}

// runOne runs one seed and prints what it has done.
func runOne(t *testing.T, seed uint64) {
	tr := newTrace()
	failures := runSeed(t, seed, tr)
	if testing.Verbose() {
		for _, e := range tr.events() {
			fmt.Println(e)
		}
	}
	for _, f := range failures {
		t.Error(f)
	}
}

// runSeed runs a seed in a bubble of its own. The bubble ends when all its goroutines
// have ended; if some never do, the test panics.
func runSeed(t *testing.T, seed uint64, tr *trace) (failures []string) {
	synctest.Test(t, func(*testing.T) { failures = simulate(seed, tr) })
	return failures
}

// lastEvents is how many events explain prints.
const lastEvents = 30

// explain returns what a seed has found: how to repeat it, what the model says, and what
// happened before.
func explain(seed uint64, failures []string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "seed %d fails; to repeat it:\n\tgo test -count=1 -run Simulate ./ws_test/simulation -seed %d -v\n", seed, seed)
	for _, f := range failures {
		fmt.Fprintf(&b, "\t%s\n", f)
	}
	return b.String()
}

func TestMain(m *testing.M) {
	flag.Parse()
	if *child {
		runtime.GOMAXPROCS(1)
	}
	os.Exit(m.Run())
}
