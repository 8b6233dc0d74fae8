package main

import (
	"testing"
	"time"
)

func TestNames(t *testing.T) {
	for name, want := range map[string]string{
		"Ann":                 "Ann",
		"  Ann \t B.  ":       "Ann B.",
		"A\u202en\u200bn\x1b": "Ann",
		"李 小龙":                "李 小龙",
	} {
		r := request{Type: "join", Room: "general", Name: name, Key: key("Ann")}
		if err := r.checkJoin(); err != nil || r.Name != want {
			t.Errorf("%q has become %q, %v", name, r.Name, err)
		}
	}
}

func TestPersonIDs(t *testing.T) {
	a, b := newPerson("key", "Ann"), newPerson("key", "Ben")
	if a.ID != b.ID || len(a.ID) != 16 || newPerson("another", "Ann").ID == a.ID {
		t.Errorf("%v and %v", a, b)
	}
}

func TestLimiter(t *testing.T) {
	l := limiter{burst: 3, interval: time.Second}
	now := time.Now()
	for _, step := range []struct {
		after   time.Duration
		allowed bool
	}{
		{0, true}, {0, true}, {0, true}, {0, false},
		{999 * time.Millisecond, false}, {time.Millisecond, true}, {0, false},
		{time.Hour, true}, {0, true}, {0, true}, {0, false},
	} {
		now = now.Add(step.after)
		if got := l.allow(now); got != step.allowed {
			t.Errorf("after %v: %v", step.after, got)
		}
	}
}
