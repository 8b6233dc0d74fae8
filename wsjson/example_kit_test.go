package wsjson_test

import "testing"

// connect returns the two ends of a connection in memory, for the examples. disconnect
// must be called at the end.
func connect() (client, server endpoint, disconnect func()) {
	tb := new(exampleTB)
	client, server = pair(tb, nil)
	return client, server, tb.end
}

// exampleTB replaces the *testing.T that an example does not have.
type exampleTB struct {
	testing.TB // nil: only the methods below are called
	cleanups   []func()
}

func (t *exampleTB) Helper()          {}
func (t *exampleTB) Cleanup(f func()) { t.cleanups = append(t.cleanups, f) }
func (t *exampleTB) Fatal(v ...any)   { panic(v) }

// end calls the cleanups, as at the end of a test.
func (t *exampleTB) end() {
	for i := len(t.cleanups) - 1; i >= 0; i-- {
		t.cleanups[i]()
	}
}
