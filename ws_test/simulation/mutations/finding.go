package main

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// finding is what the output of tests says of an error that they have found.
type finding struct {
	found bool
	test  string // that has failed; "" if it is not known
	seed  uint64 // of the simulation, the first one that has failed; 0 if there is none
	check string // what the test says first, or the panic
}

func (f finding) String() string {
	switch {
	case !f.found:
		return "NOT FOUND"
	case f.seed != 0:
		return fmt.Sprintf("seed %d: %s", f.seed, f.check)
	case f.test != "":
		return fmt.Sprintf("%s: %s", f.test, f.check)
	}
	return f.check
}

var errBuild = errors.New("the tests cannot be built")

var (
	failedTest = regexp.MustCompile(`^\s*--- FAIL: (\S+)`)
	said       = regexp.MustCompile(`^\s+\S+\.go:\d+: (.*)`)
	panicked   = regexp.MustCompile(`^\s*(?:panic|fatal error): (.*)`)
	failedSeed = regexp.MustCompile(`^seed (\d+) fails`)
	repeats    = regexp.MustCompile(`^\s+go test `)
	killed     = regexp.MustCompile(`^\s+the process ends with (signal: .*):`)
	ended      = regexp.MustCompile(`^\s+the process ends with `)
)

// find returns the first error that the output of failed tests names, and that of the
// first seed if it is the simulation's. A hang is an error, too: testing/synctest finds a
// deadlock, a timeout ends the test, and the simulation kills a process that is stuck.
// All of them say so.
func find(output string) (first finding, err error) {
	if strings.Contains(output, "[build failed]") || strings.Contains(output, "[setup failed]") {
		return first, fmt.Errorf("%w:\n%s", errBuild, output)
	}
	var f finding
	for line := range strings.Lines(output) {
		if f.read(strings.TrimRight(line, "\n")); f.check != "" {
			if !first.found || f.seed != 0 && f.seed < first.seed {
				first = f
				first.found = true
			}
			f.check = ""
		}
	}
	if !first.found {
		return first, fmt.Errorf("the tests have failed and do not say why:\n%s", output)
	}
	return first, nil
}

// read reads the next line of the output. It sets f.check if the line names an error.
func (f *finding) read(line string) {
	if m := failedTest.FindStringSubmatch(line); m != nil {
		f.test, f.seed = m[1], 0
		return
	}
	if m := said.FindStringSubmatch(line); m != nil && f.test != "" {
		if seed := failedSeed.FindStringSubmatch(m[1]); seed != nil {
			f.seed, _ = strconv.ParseUint(seed[1], 10, 64)
			return
		}
		f.check = m[1]
		return
	}
	if m := panicked.FindStringSubmatch(line); m != nil {
		f.check = m[1]
		return
	}
	if m := killed.FindStringSubmatch(line); m != nil {
		f.check = "the seed does not end, the process was ended by a " + m[1]
		return
	}
	if f.seed != 0 && !repeats.MatchString(line) && !ended.MatchString(line) {
		f.check = strings.TrimSpace(line)
	}
}
