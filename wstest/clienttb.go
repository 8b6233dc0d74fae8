package wstest

import (
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"
)

// clientGroup counts the failures of clients.
type clientGroup struct {
	tb testing.TB

	mu     sync.Mutex
	failed int  // clients
	fatal  bool // the calls for some of them have ended early
}

// end reports the clients that were not named, and ends the test if it has to.
func (g *clientGroup) end() {
	g.tb.Helper()
	if more := g.failed - maxFailures; more > 0 {
		g.tb.Errorf("wstest: %d more clients failed", more)
	}
	if g.fatal {
		g.tb.FailNow()
	}
}

// clientTB is the TB of one client of a group, which has its own goroutine. It does not
// replace Helper, since the test would then take this file for the helper.
type clientTB struct {
	testing.TB
	group *clientGroup
	name  string

	mu     sync.Mutex
	failed bool
	silent bool // others have failed before
}

// fail counts the failure of the client.
func (t *clientTB) fail(fatal bool) (silent bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.group.mu.Lock()
	defer t.group.mu.Unlock()
	if !t.failed {
		t.failed = true
		t.group.failed++
		t.silent = t.group.failed > maxFailures
	}
	t.group.fatal = t.group.fatal || fatal
	return t.silent
}

// report fails the test with a text, unless too many clients have failed.
func (t *clientTB) report(text string, fatal bool) {
	t.TB.Helper()
	if !t.fail(fatal) {
		t.TB.Error(t.name + strings.TrimSuffix(text, "\n"))
	}
}

func (t *clientTB) Error(args ...any) {
	t.TB.Helper()
	t.report(fmt.Sprintln(args...), false)
}

func (t *clientTB) Errorf(format string, args ...any) {
	t.TB.Helper()
	t.report(fmt.Sprintf(format, args...), false)
}

func (t *clientTB) Fatal(args ...any) {
	t.TB.Helper()
	t.report(fmt.Sprintln(args...), true)
	runtime.Goexit()
}

func (t *clientTB) Fatalf(format string, args ...any) {
	t.TB.Helper()
	t.report(fmt.Sprintf(format, args...), true)
	runtime.Goexit()
}

func (t *clientTB) Fail() {
	t.TB.Helper()
	t.report("failed", false)
}

func (t *clientTB) FailNow() {
	t.TB.Helper()
	t.report("failed", true)
	runtime.Goexit()
}

func (t *clientTB) Failed() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.failed
}

func (t *clientTB) Log(args ...any) {
	t.TB.Helper()
	t.TB.Log(t.name + strings.TrimSuffix(fmt.Sprintln(args...), "\n"))
}

func (t *clientTB) Logf(format string, args ...any) {
	t.TB.Helper()
	t.TB.Log(t.name + fmt.Sprintf(format, args...))
}

// Skip ends the call for the client alone.
func (t *clientTB) Skip(args ...any) {
	t.TB.Helper()
	t.Log(append([]any{"skipped:"}, args...)...)
	runtime.Goexit()
}

func (t *clientTB) Skipf(format string, args ...any) {
	t.TB.Helper()
	t.Logf("skipped: "+format, args...)
	runtime.Goexit()
}

func (t *clientTB) SkipNow() {
	t.TB.Helper()
	t.Log("skipped")
	runtime.Goexit()
}
