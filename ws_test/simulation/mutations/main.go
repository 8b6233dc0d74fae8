// Mutations makes errors in the library, one at a time, and runs the simulation with
// each: a test that finds no error that is there proves nothing. It prints which seed
// and which check have found each error, and fails if one was not found. Nothing in the
// working tree is changed: the files with the errors are an overlay for the go command.
//
//	go run ./ws_test/simulation/mutations                       # all of them; make mutations
//	go run ./ws_test/simulation/mutations -run 'Close|timer' -v # some, and all that the tests print
//	go run ./ws_test/simulation/mutations -list                 # only print what they are
//
// Arguments are those of go test, instead of the simulation. This shows what the other
// tests find:
//
//	go run ./ws_test/simulation/mutations -- ./ws ./internal/... ./group ./ws_test
//
// A mutation is an entry of a table: a text of a file, which the file has once, and what
// it is replaced by. TestMutationsApply fails when the text has changed.
package main

import (
	"flag"
	"fmt"
	"os"
	"regexp"
	"strconv"
	"time"
)

func main() {
	var (
		seeds    = flag.Int("seeds", 5000, "number of seeds to try for each mutation")
		patience = flag.Duration("timeout", 5*time.Minute, "how long the tests of a mutation may take, building excluded")
		pattern  = flag.String("run", "", "regular expression for the names or files of the mutations to try")
		list     = flag.Bool("list", false, "print the mutations and what they cause, and try none")
		verbose  = flag.Bool("v", false, "print the output of the tests")
	)
	flag.Parse()
	chosen, err := choose(*pattern)
	if err != nil {
		fatal(err)
	}
	if *list {
		printList(os.Stdout, chosen)
		return
	}
	t := &trial{args: flag.Args(), patience: *patience, verbose: *verbose}
	if len(t.args) == 0 {
		t.args = []string{"-run=^TestSimulate$", "./ws_test/simulation", "-seeds=" + strconv.Itoa(*seeds)}
	}
	if t.root, err = moduleRoot(); err != nil {
		fatal(err)
	}
	ok, err := t.all(chosen)
	if err != nil {
		fatal(err)
	}
	if !ok {
		os.Exit(1)
	}
}

// choose returns the mutations whose names or files match a regular expression.
func choose(pattern string) (chosen []mutation, err error) {
	match, err := regexp.Compile("(?i)" + pattern)
	if err != nil {
		return nil, err
	}
	for _, m := range all {
		if match.MatchString(m.name) || match.MatchString(m.file) {
			chosen = append(chosen, m)
		}
	}
	if len(chosen) == 0 {
		return nil, fmt.Errorf("no mutation has a name or file that matches %q", pattern)
	}
	return chosen, nil
}

func fatal(err error) {
	fmt.Fprintln(os.Stderr, "mutations:", err)
	os.Exit(2)
}
