package simulation

import (
	"flag"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
)

var (
	seeds = flag.Uint64("seeds", 0, "number of seeds to run; 0 means a few hundred")
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
		for s := *from; s < *from+number(); s++ {
			if failures := runSeed(t, s, nil); failures != nil {
				t.Error(explain(s, failures))
			}
		}
	default:
		runProcesses(t, number())
	}
}

// number returns how many seeds are run.
func number() uint64 {
	switch {
	case *seeds > 0:
		return *seeds
	case raceDetector:
		return 60
	}
	return 300
}

// TestTrace shows that a run is exact: the same seed has the same trace, whatever the
// scheduler does.
func TestTrace(t *testing.T) {
	count := *seeds
	switch {
	case count > 0:
	case raceDetector:
		count = 10
	default:
		count = 40
	}
	processors := runtime.GOMAXPROCS(0)
	defer runtime.GOMAXPROCS(processors)
	for s := *from; s < *from+count; s++ {
		var first *trace
		for i, n := range []int{processors, processors, 1, 1} {
			runtime.GOMAXPROCS(n)
			tr := newTrace()
			runSeed(t, s, tr)
			if i == 0 {
				first = tr
			}
			if first.hash() != tr.hash() {
				t.Errorf("seed %d: run %d differs: %s", s, i, difference(first, tr))
				break
			}
		}
	}
}

// runOne runs one seed, on one processor as a child does, and prints what it has done.
func runOne(t *testing.T, seed uint64) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
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

// lastEvents is how many events a failure prints.
const lastEvents = 40

// explain returns what is wrong with a seed: how to repeat it, and what the model says.
func explain(seed uint64, failures []string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "seed %d fails; to repeat it:\n\tgo test -count=1 -run Simulate ./ws_test/simulation -seed %d -v\n", seed, seed)
	for _, f := range failures {
		fmt.Fprintf(&b, "\t%s\n", f)
	}
	return b.String()
}

// explainAgain runs a seed that has failed again, to print what happened before.
func explainAgain(t *testing.T, seed uint64, failures []string) string {
	text, tr := explain(seed, failures), newTrace()
	if again := runSeed(t, seed, tr); !slices.Equal(again, failures) {
		text += fmt.Sprintf("\tThe second run of it has found something else: %q\n", again)
	}
	events := tr.events()
	for _, e := range events[max(len(events)-lastEvents, 0):] {
		text += fmt.Sprintf("\t\t%s\n", e)
	}
	return text
}

func TestMain(m *testing.M) {
	flag.Parse()
	if *child {
		runtime.GOMAXPROCS(1)
	}
	os.Exit(m.Run())
}
