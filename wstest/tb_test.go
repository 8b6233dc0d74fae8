package wstest_test

import (
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"
)

// recordingTB is a test that may fail: it keeps what it reports.
type recordingTB struct {
	testing.TB // the real test, for Cleanup

	mu    sync.Mutex
	texts []string
	fatal bool
}

func (t *recordingTB) Helper() {}

func (t *recordingTB) Error(v ...any) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.texts = append(t.texts, strings.TrimSuffix(fmt.Sprintln(v...), "\n"))
}

func (t *recordingTB) Errorf(format string, v ...any) { t.Error(fmt.Sprintf(format, v...)) }

func (t *recordingTB) Log(v ...any) { t.Error(append([]any{"log:"}, v...)...) }

func (t *recordingTB) Fatal(v ...any) {
	t.Error(v...)
	t.FailNow()
}

func (t *recordingTB) Fatalf(format string, v ...any) { t.Fatal(fmt.Sprintf(format, v...)) }

func (t *recordingTB) FailNow() {
	t.fatal = true
	runtime.Goexit()
}

// recorded returns what a function reports to its test, and whether it ends it.
func recorded(t *testing.T, f func(tb testing.TB)) (texts []string, fatal bool) {
	t.Helper()
	tb := &recordingTB{TB: t}
	done := make(chan struct{})
	go func() {
		defer close(done)
		f(tb)
	}()
	<-done
	return tb.texts, tb.fatal
}

// expectFailure checks the text of a fatal failure; "" is for none.
func expectFailure(t *testing.T, want string, f func(tb testing.TB)) {
	t.Helper()
	texts, fatal := recorded(t, f)
	if got := strings.Join(texts, "\n"); got != want || fatal != (want != "") {
		t.Errorf("failed: %v, with\n%s\nwant\n%s", fatal, got, want)
	}
}
