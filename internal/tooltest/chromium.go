package tooltest

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
)

// Chromium is a browser and the Node.js that drives it.
type Chromium struct {
	browser string
	node    string
}

// FindChromium returns the browser that is installed.
func FindChromium(tb testing.TB) Chromium {
	tb.Helper()
	c := Chromium{
		node:    Program(tb, "node"),
		browser: Program(tb, "chromium", "chromium-browser", "google-chrome", "google-chrome-stable"),
	}
	Installed(tb, filepath.Join(kit(), "node_modules", "playwright-core"))
	return c
}

// Drive runs a script, with its arguments, that calls drive of testdata/chromium/drive.mjs. It
// decodes what drive's function returned into what.
func (c Chromium) Drive(tb testing.TB, what any, script string, args ...string) {
	tb.Helper()
	ctx, cancel := context.WithTimeout(tb.Context(), Patience)
	defer cancel()
	report(tb, what, c.command(ctx, script, args...))
}

// Command returns a command that runs such a script.
func (c Chromium) Command(script string, args ...string) *exec.Cmd {
	return c.command(context.Background(), script, args...)
}

func (c Chromium) command(ctx context.Context, script string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, c.node, append([]string{script}, args...)...)
	cmd.Env = append(os.Environ(), "HANDSET_CHROMIUM="+c.browser)
	return cmd
}

// kit is the folder of the scripts that this package brings.
func kit() string {
	_, file, _, _ := runtime.Caller(0)
	return filepath.Join(filepath.Dir(file), "testdata", "chromium")
}
