package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// mutation is an error of a kind that programmers make, as a change of one place in a
// file of the library.
type mutation struct {
	name     string
	file     string // from the root of the module
	old, new string // the text that is replaced, which the file has once, and what replaces it
	effect   string // what a user of the library sees
}

// all are all mutations.
var all = slices.Concat(ofClosing, ofStreams, ofSends, ofRegistries, ofOutbox, ofMessages, ofCompression, ofTables, ofGroups)

// mutate returns a source with the change.
func (m *mutation) mutate(source string) (string, error) {
	if n := strings.Count(source, m.old); n != 1 {
		return "", fmt.Errorf("%q: %s has the text %d times, want 1: %q", m.name, m.file, n, m.old)
	}
	return strings.Replace(source, m.old, m.new, 1), nil
}

// read returns the file with the change, of the module whose root is given.
func (m *mutation) read(root string) (string, error) {
	source, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(m.file)))
	if err != nil {
		return "", err
	}
	return m.mutate(string(source))
}
