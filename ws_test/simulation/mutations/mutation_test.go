package main

import (
	"go/parser"
	"go/token"
	"strings"
	"testing"
)

// root is the root of the module, from this package.
const root = "../../.."

// Every mutation still applies to the library.
func TestMutationsApply(t *testing.T) {
	if len(all) < 30 {
		t.Errorf("there are %d mutations, want 30 or more", len(all))
	}
	names := map[string]bool{}
	for _, m := range all {
		t.Run(m.name, func(t *testing.T) {
			mutated, err := m.read(root)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := parser.ParseFile(token.NewFileSet(), m.file, mutated, 0); err != nil {
				t.Error(err)
			}
			if names[m.name] || m.effect == "" {
				t.Error("the name is not the only one, or the effect is missing")
			}
			names[m.name] = true
		})
	}
}

func TestMutate(t *testing.T) {
	m := mutation{name: "a name", file: "ws/file.go", old: "a < b", new: "a <= b"}
	for _, test := range []struct{ name, source, want, err string }{
		{name: "the text once", source: "if a < b {", want: "if a <= b {"},
		{name: "no text", source: "if a > b {", err: "0 times"},
		{name: "the text twice", source: "a < b, a < b", err: "2 times"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := m.mutate(test.source)
			if got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
			if (err == nil) != (test.err == "") || err != nil && !strings.Contains(err.Error(), test.err) {
				t.Errorf("error %v, want %q", err, test.err)
			}
		})
	}
}
