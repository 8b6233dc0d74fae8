package main

import (
	"errors"
	"testing"
)

func TestFind(t *testing.T) {
	for _, test := range []struct{ name, output, want string }{
		{
			"a test",
			"--- FAIL: TestA (0.00s)\n    --- FAIL: TestA/a_case (0.00s)\n        a_test.go:12: got 1, want 2\n        a_test.go:13: more\nFAIL\n",
			"TestA/a_case: got 1, want 2",
		},
		{"a panic", "panic: close of closed channel\n\ngoroutine 1 [running]:\n", "close of closed channel"},
		{"a hang", "panic: test timed out after 1m0s\n\trunning tests:\n\t\tTestA (1m0s)\n", "test timed out after 1m0s"},
		{
			"a deadlock in a bubble",
			"--- FAIL: TestA (0.00s)\npanic: deadlock: all goroutines in bubble are blocked [recovered]\n",
			"TestA: deadlock: all goroutines in bubble are blocked [recovered]",
		},
		{
			"a seed",
			"--- FAIL: TestSimulate (1.00s)\n    processes_test.go:93: seed 12 fails; to repeat it:\n        \tgo test -seed 12 -v\n        \t1s: 0 client: received nothing\nFAIL\n",
			"seed 12: 1s: 0 client: received nothing",
		},
		{
			"several seeds",
			"--- FAIL: TestSimulate (1.00s)\n    processes_test.go:93: seed 12 fails; to repeat it:\n        \tgo test -seed 12 -v\n        \tsecond\n" +
				"    processes_test.go:93: seed 7 fails; to repeat it:\n        \tgo test -seed 7 -v\n        \tfirst\nFAIL\n",
			"seed 7: first",
		},
		{
			"a seed that panics",
			"--- FAIL: TestSimulate (1.00s)\n    processes_test.go:44: seed 3 fails; to repeat it:\n        \tgo test -seed 3 -v\n        \tthe process ends with exit status 2:\n" +
				"        panic: deadlock: main bubble goroutine has exited but blocked goroutines remain\n        \n        goroutine 5 [running]:\n",
			"seed 3: deadlock: main bubble goroutine has exited but blocked goroutines remain",
		},
		{
			"a seed that hangs",
			"--- FAIL: TestSimulate (1.00s)\n    processes_test.go:44: seed 3 fails; to repeat it:\n        \tgo test -seed 3 -v\n        \tthe process ends with signal: killed:\n",
			"seed 3: the seed does not end, the process was ended by a signal: killed",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			f, err := find(test.output)
			if got := f.String(); got != test.want || err != nil {
				t.Errorf("got %q, %v, want %q", got, err, test.want)
			}
		})
	}
	t.Run("what is no finding", func(t *testing.T) {
		if _, err := find("x.go:1:2: undefined: y\nFAIL\tpackage [build failed]\n"); !errors.Is(err, errBuild) {
			t.Errorf("of a build that fails: %v", err)
		}
		if f, err := find("FAIL\n"); err == nil {
			t.Errorf("of a failure without a reason: %v", f)
		}
	})
}
