package tooltest

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
)

// BuildGo builds a program of a module of its own, and returns its path, until the test
// ends. Modules that are missing are only downloaded if HANDSET_INTEROP=1.
func BuildGo(tb testing.TB, module, pkg string) string {
	tb.Helper()
	Wanted(tb)
	program := filepath.Join(tb.TempDir(), filepath.Base(pkg))
	if runtime.GOOS == "windows" {
		program += ".exe"
	}
	cmd := exec.Command("go", "-C", module, "build", "-o", program, pkg)
	if os.Getenv("HANDSET_INTEROP") != "1" {
		cmd.Env = append(os.Environ(), "GOPROXY=off")
	}
	if output, err := cmd.CombinedOutput(); err != nil {
		lacks(tb, "%v: %v\n%s", cmd, err, output)
	}
	return program
}

// Rust returns the path of a program of bench/rust. The parameter bench is the path of the
// folder bench. Building the program takes a minute, and is left to `make interop-tools`,
// which does it if there is a cargo.
func Rust(tb testing.TB, bench, name string) string {
	tb.Helper()
	Wanted(tb)
	program := filepath.Join(bench, "rust", "target", "debug", name)
	if _, err := os.Stat(program); err != nil {
		if _, noCargo := exec.LookPath("cargo"); noCargo == nil {
			lacks(tb, "this test needs what make interop-tools builds: %v", err)
		}
		tb.Skipf("this test needs what make interop-tools builds if there is a cargo: %v", err)
	}
	return program
}
