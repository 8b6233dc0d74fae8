package simulation

import (
	"bufio"
	"bytes"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// Seeds run in child processes, with one processor each, so that a run that crashes or
// hangs costs one process and its seed is known. A child prints the number of each
// seed before it runs it, and its failures.

// runProcesses runs the seeds. With -failfast it ends soon after the first that fails.
func runProcesses(t *testing.T, count uint64) {
	failfast := flag.Lookup("test.failfast").Value.String() == "true"
	for first, end := *from, *from+count; first < end && !(failfast && t.Failed()); {
		n := end - first
		if failfast {
			n = min(n, 100)
		}
		runParallel(t, first, n)
		first += n
	}
}

// runParallel divides n seeds among the processors.
func runParallel(t *testing.T, first, n uint64) {
	workers := uint64(min(runtime.NumCPU(), int(n/50)+1))
	var all sync.WaitGroup
	for i := range workers {
		from, end := first+n*i/workers, first+n*(i+1)/workers
		all.Go(func() { runRange(t, from, end) })
	}
	all.Wait()
}

// runRange runs seeds in a process. If it ends early, the seed that it has
// ended with has failed, and the others run in another process.
func runRange(t *testing.T, first, end uint64) {
	for failed := 0; first < end && failed < 10; failed++ {
		last, crash := runProcess(t, first, end)
		if crash == "" {
			return
		}
		t.Error(explain(last, []string{crash}))
		first = last + 1
	}
}

// stuck is how long a seed may take. It takes some milliseconds of processor time.
const stuck = 10 * time.Minute

// runProcess runs seeds in a process. It returns the last one that has begun, and how the
// process has ended if not all have.
func runProcess(t *testing.T, first, end uint64) (last uint64, crash string) {
	cmd := exec.Command(os.Args[0], "-test.run=^TestSimulate$", "-test.timeout=0", "-child",
		"-from", strconv.FormatUint(first, 10), "-seeds", strconv.FormatUint(end-first, 10))
	cmd.Env = append(os.Environ(), "GOMAXPROCS=1")
	var errors bytes.Buffer
	cmd.Stderr = &errors
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Error(err)
		return end, ""
	}
	if err := cmd.Start(); err != nil {
		t.Error(err)
		return end, ""
	}
	timer := time.AfterFunc(stuck, func() { _ = cmd.Process.Kill() })
	defer timer.Stop()
	last, rest := first, new(strings.Builder)
	lines := bufio.NewScanner(out)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		timer.Reset(stuck)
		if number, ok := strings.CutPrefix(lines.Text(), "seed: "); ok {
			last, _ = strconv.ParseUint(number, 10, 64)
			continue
		}
		if text, ok := strings.CutPrefix(lines.Text(), "failure: "); ok {
			text, _ = strconv.Unquote(text)
			t.Error(text)
			continue
		}
		fmt.Fprintln(rest, lines.Text())
	}
	_, _ = io.Copy(io.Discard, out)
	if err := cmd.Wait(); err != nil {
		return last, fmt.Sprintf("the process ends with %v:\n%.4000s\n%.8000s", err, rest, errors.String())
	}
	return last, ""
}

// runChild runs seeds in a child process.
func runChild(t *testing.T) {
	for s := *from; s < *from+*seeds; s++ {
		fmt.Printf("seed: %d\n", s)
		if failures := runSeed(t, s, nil); failures != nil {
			fmt.Printf("failure: %q\n", explainAgain(t, s, failures))
		}
	}
}
