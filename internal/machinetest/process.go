// Package machinetest tests brokers with several servers, each a process of its own,
// and many WebSocket clients, while parts of the whole fail.
//
// The test executable runs itself as these processes: TestMain calls Main, which runs
// a Program instead of the tests in a process that StartProcess has started.
package machinetest

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
)

// A Program is what a process of its own runs. It calls ready when it serves, with
// what StartProcess returns, and ends when it fails. Its process is killed.
type Program func(input string, ready func(output string)) error

const (
	programVariable = "HANDSET_MACHINE"
	inputVariable   = "HANDSET_MACHINE_INPUT"
	readyPrefix     = "ready: "
)

// Main runs a program, if StartProcess has started this process, and does not return
// then. The process ends when that which has started it does.
func Main(programs map[string]Program) {
	name := os.Getenv(programVariable)
	if name == "" {
		return
	}
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(3)
	}()
	program, ok := programs[name]
	if !ok {
		fmt.Fprintf(os.Stderr, "there is no program %q\n", name)
		os.Exit(2)
	}
	err := program(os.Getenv(inputVariable), func(output string) { fmt.Println(readyPrefix + output) })
	fmt.Fprintf(os.Stderr, "%s: %v\n", name, err)
	os.Exit(1)
}

// A Process runs a Program.
type Process struct {
	Output string // what the program has passed to ready
	cmd    *exec.Cmd
	once   sync.Once
	stderr strings.Builder
}

// StartProcess starts a process that runs a program, and waits until that is ready. The
// process is killed when the test ends.
func StartProcess(t testing.TB, program, input string) *Process {
	t.Helper()
	p := &Process{cmd: exec.Command(os.Args[0])}
	p.cmd.Env = append(os.Environ(), programVariable+"="+program, inputVariable+"="+input)
	p.cmd.Stderr = &p.stderr
	stdout, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.cmd.StdinPipe(); err != nil { // closed by the end of this process
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		p.Kill()
		if t.Failed() && p.stderr.Len() > 0 {
			t.Logf("%s has printed:\n%.4000s", program, p.stderr.String())
		}
	})
	lines := bufio.NewScanner(stdout)
	for lines.Scan() {
		if output, ok := strings.CutPrefix(lines.Text(), readyPrefix); ok {
			p.Output = output
			go func() { _, _ = io.Copy(io.Discard, stdout) }()
			return p
		}
	}
	p.Kill()
	t.Fatalf("%s has ended before it was ready: %s", program, p.stderr.String())
	return nil
}

// Kill kills the process, without a chance to clean up, and waits for its end.
func (p *Process) Kill() {
	p.once.Do(func() {
		_ = p.cmd.Process.Kill()
		_ = p.cmd.Wait()
	})
}
