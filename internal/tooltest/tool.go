package tooltest

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"testing"
	"time"
)

// Patience limits the run of a program, its start included.
const Patience = 90 * time.Second

// Wanted skips a test with other programs or libraries if HANDSET_INTEROP=0 says that these tests
// run at another time.
func Wanted(tb testing.TB) {
	tb.Helper()
	if os.Getenv("HANDSET_INTEROP") == "0" {
		tb.Skip("tests with other programs are off: HANDSET_INTEROP=0")
	}
}

// lacks skips a test because a tool is missing, unless HANDSET_INTEROP=1 says that
// all tools are there.
func lacks(tb testing.TB, format string, args ...any) {
	tb.Helper()
	if os.Getenv("HANDSET_INTEROP") == "1" {
		tb.Fatalf(format, args...)
	}
	tb.Skipf(format, args...)
}

// Program returns the path of the first of the named programs that is installed.
func Program(tb testing.TB, names ...string) string {
	tb.Helper()
	Wanted(tb)
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	lacks(tb, "this test needs %s, which is not in PATH", names[0])
	return ""
}

// Installed requires a file that `make interop-tools` puts there, and returns path.
func Installed(tb testing.TB, path string) string {
	tb.Helper()
	Wanted(tb)
	if _, err := os.Stat(path); err != nil {
		lacks(tb, "this test needs what make interop-tools installs: %v", err)
	}
	return path
}

// Report runs a program that prints one line of JSON, and decodes that into what.
func Report(tb testing.TB, what any, program string, args ...string) {
	tb.Helper()
	ctx, cancel := context.WithTimeout(tb.Context(), Patience)
	defer cancel()
	report(tb, what, exec.CommandContext(ctx, program, args...))
}

func report(tb testing.TB, what any, cmd *exec.Cmd) {
	tb.Helper()
	cmd.WaitDelay = 5 * time.Second // for children that outlive it
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	output, err := cmd.Output()
	if err != nil {
		tb.Fatalf("%v: %v\n%s", cmd, err, &stderr)
	}
	if err := json.Unmarshal(output, what); err != nil {
		tb.Fatalf("%v printed %q: %v", cmd, output, err)
	}
}
