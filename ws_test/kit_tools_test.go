package ws_test

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"testing"
	"time"
)

// toolPatience bounds the run of a foreign program, its start included.
const toolPatience = 90 * time.Second

// wanted skips a test with foreign programs if HANDSET_INTEROP=0 says that these tests
// run at another time.
func wanted(t *testing.T) {
	t.Helper()
	if os.Getenv("HANDSET_INTEROP") == "0" {
		t.Skip("tests with other programs are off: HANDSET_INTEROP=0")
	}
}

// lacks skips a test because a tool is missing, unless HANDSET_INTEROP=1 says that
// all tools are there.
func lacks(t *testing.T, format string, args ...any) {
	t.Helper()
	if os.Getenv("HANDSET_INTEROP") == "1" {
		t.Fatalf(format, args...)
	}
	t.Skipf(format, args...)
}

// program finds the first of the named programs that is installed.
func program(t *testing.T, names ...string) string {
	t.Helper()
	wanted(t)
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	lacks(t, "this test needs %s, which is not in PATH", names[0])
	return ""
}

// installed requires a file that `make interop-tools` puts there.
func installed(t *testing.T, path string) string {
	t.Helper()
	wanted(t)
	if _, err := os.Stat(path); err != nil {
		lacks(t, "this test needs what make interop-tools installs: %v", err)
	}
	return path
}

// report runs a program that prints one line of JSON, and reads that into what.
func report(t *testing.T, what any, program string, args ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), toolPatience)
	defer cancel()
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.WaitDelay = 5 * time.Second // for children that outlive it
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	output, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %v\n%s", cmd, err, &stderr)
	}
	if err := json.Unmarshal(output, what); err != nil {
		t.Fatalf("%v printed %q: %v", cmd, output, err)
	}
}
