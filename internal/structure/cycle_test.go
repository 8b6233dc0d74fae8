package structure

import (
	"maps"
	"slices"
	"strings"
	"testing"
)

const (
	maxCycle = 8  // files of ws that refer to each other, directly or not
	maxFiles = 26 // of ws, apart from tests, examples and the client's files
)

// clientFiles are the files that only clients need. They use the rest, and the rest
// does not use them.
var clientFiles = []string{"dial.go", "redial.go"}

// A file that refers to another cannot be understood without it, and those of a
// cycle only all together.
func TestFilesOfWS(t *testing.T) {
	p := checkedWS(t)
	refers := map[string]map[string]bool{}
	for _, file := range p.files {
		refers[p.file(file.Pos())] = map[string]bool{}
	}
	for name, object := range p.info.Uses {
		if object.Pkg() == p.Package && object.Pos().IsValid() {
			refers[p.file(name.Pos())][p.file(object.Pos())] = true
		}
	}
	cycle := largestCycle(refers)
	t.Logf("%d files; the largest cycle has %d: %s", len(refers), len(cycle), strings.Join(cycle, " "))
	if len(cycle) > maxCycle {
		t.Errorf("a cycle of %d files, more than %d: %s", len(cycle), maxCycle, strings.Join(cycle, " "))
	}
	for _, name := range clientFiles {
		for from, to := range refers {
			if to[name] && !slices.Contains(clientFiles, from) {
				t.Errorf("%s refers to %s", from, name)
			}
		}
		delete(refers, name)
	}
	if len(refers) > maxFiles {
		t.Errorf("%d files, more than %d", len(refers), maxFiles)
	}
}

func TestLargestCycle(t *testing.T) {
	for _, tt := range []struct{ graph, want string }{
		{"a>b b>c", ""},
		{"a>a", ""},
		{"a>b b>a b>c", "a b"},
		{"a>b b>c c>a c>d d>e e>d", "a b c"},
	} {
		refers := map[string]map[string]bool{}
		for edge := range strings.FieldsSeq(tt.graph) {
			from, to, _ := strings.Cut(edge, ">")
			for _, name := range []string{from, to} {
				if refers[name] == nil {
					refers[name] = map[string]bool{}
				}
			}
			refers[from][to] = true
		}
		if got := strings.Join(largestCycle(refers), " "); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.graph, got, tt.want)
		}
	}
}

// largestCycle returns the most names each of which refers to all the others,
// directly or by way of others.
func largestCycle(refers map[string]map[string]bool) (largest []string) {
	reached := map[string]map[string]bool{}
	for name := range refers {
		reached[name] = map[string]bool{}
		reach(refers, name, reached[name])
	}
	for name := range refers {
		var cycle []string
		for other := range reached[name] {
			if other != name && reached[other][name] {
				cycle = append(cycle, other)
			}
		}
		if cycle != nil && len(cycle)+1 > len(largest) {
			largest = append(cycle, name)
		}
	}
	slices.Sort(largest)
	return largest
}

// reach adds what can be reached from a name.
func reach(refers map[string]map[string]bool, name string, reached map[string]bool) {
	for other := range maps.Keys(refers[name]) {
		if !reached[other] {
			reached[other] = true
			reach(refers, other, reached)
		}
	}
}
