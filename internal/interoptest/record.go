package interoptest

import (
	"encoding/json"
	"os"
	"testing"
)

// A Result says that a step has passed, or which version a program has.
type Result struct {
	Peer   string `json:"peer,omitempty"`
	Client bool   `json:"client,omitempty"` // the peer's role
	Way    string `json:"way,omitempty"`
	Step   string `json:"step,omitempty"`

	Program string `json:"program,omitempty"`
	Version string `json:"version,omitempty"`
}

// record adds the result of a step that has passed.
func (o *other) record(t *testing.T, s Step) {
	if !t.Failed() {
		Record(t, Result{Peer: o.name, Client: o.client, Way: o.way, Step: s.Name})
	}
}

// Record adds a result to the file that HANDSET_INTEROP_RESULTS names, if it does.
func Record(tb testing.TB, r Result) {
	tb.Helper()
	name := os.Getenv("HANDSET_INTEROP_RESULTS")
	if name == "" {
		return
	}
	line, err := json.Marshal(r)
	if err != nil {
		tb.Fatal(err)
	}
	f, err := os.OpenFile(name, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		tb.Fatal(err)
	}
	defer f.Close()
	if _, err := f.Write(append(line, '\n')); err != nil {
		tb.Fatal(err)
	}
}

// Results returns those of the file.
func Results(tb testing.TB, name string) (all []Result) {
	tb.Helper()
	f, err := os.Open(name)
	if err != nil {
		tb.Fatal(err)
	}
	defer f.Close()
	for d := json.NewDecoder(f); d.More(); {
		var r Result
		if err := d.Decode(&r); err != nil {
			tb.Fatal(err)
		}
		all = append(all, r)
	}
	return all
}
