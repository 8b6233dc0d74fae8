package ws_test

import (
	"os/exec"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"github.com/handset-go/handset/internal/interoptest"
	"github.com/handset-go/handset/internal/tooltest"
)

// recordVersions records the versions of the programs that run peers.
func recordVersions(t *testing.T) {
	t.Helper()
	record := func(program, version string) {
		interoptest.Record(t, interoptest.Result{Program: program, Version: version})
	}
	record("Go", strings.TrimPrefix(runtime.Version(), "go"))
	node := tooltest.Program(t, "node")
	for program, command := range map[string]*exec.Cmd{
		"Node.js":           exec.Command(node, "--version"),
		"undici in Node.js": exec.Command(node, "--print", "process.versions.undici"),
		"Python":            exec.Command(python(t), "--version"),
		"nginx":             exec.Command(tooltest.Program(t, "nginx", "/usr/sbin/nginx"), "-v"),
		"HAProxy":           exec.Command(tooltest.Program(t, "haproxy", "/usr/sbin/haproxy"), "-v"),
		"OpenJDK":           exec.Command(tooltest.Program(t, "java"), "-version"),
		"curl":              exec.Command(tooltest.Program(t, "curl"), "--version"),
		"Chromium":          exec.Command(tooltest.Program(t, "chromium", "chromium-browser", "google-chrome", "google-chrome-stable"), "--version"),
	} {
		output, err := command.CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %v\n%s", command, err, output)
		}
		record(program, string(regexp.MustCompile(`\d+(\.\d+)+`).Find(output)))
	}
}
