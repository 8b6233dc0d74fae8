package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"time"
)

// trial runs tests with mutations.
type trial struct {
	root     string
	args     []string // of go test
	patience time.Duration
	verbose  bool
}

// result is what the tests have found of a mutation.
type result struct {
	finding
	took time.Duration
}

// all tries mutations, and reports whether each was found. It begins with the library as
// it is: an error that is found there, too, says nothing of the mutations.
func (t *trial) all(mutations []mutation) (ok bool, err error) {
	dir, err := os.MkdirTemp("", "mutations")
	if err != nil {
		return false, err
	}
	defer os.RemoveAll(dir)
	unchanged, err := t.test("")
	if err != nil {
		return false, err
	}
	if unchanged.found {
		return false, fmt.Errorf("the tests fail without a mutation: %s", unchanged.finding)
	}
	fmt.Printf("%-60s %6s  %s\n", "without a mutation", seconds(unchanged.took), "nothing was found")
	missed := 0
	for i := range mutations {
		m := &mutations[i]
		r, err := t.try(m, dir)
		if err != nil {
			return false, err
		}
		fmt.Printf("%-60s %6s  %s\n", m.name, seconds(r.took), r.finding)
		if !r.found {
			missed++
		}
	}
	fmt.Printf("%d of %d mutations were found\n", len(mutations)-missed, len(mutations))
	return missed == 0, nil
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.0f s", d.Seconds()) }

// try runs the tests with a mutation.
func (t *trial) try(m *mutation, dir string) (r result, err error) {
	overlay, err := m.writeOverlay(t.root, dir)
	if err != nil {
		return r, err
	}
	r, err = t.test(overlay)
	if err != nil {
		err = fmt.Errorf("%q: %w", m.name, err)
	}
	return r, err
}

// test runs the tests with an overlay, or without one if overlay is "".
func (t *trial) test(overlay string) (r result, err error) {
	args := append([]string{"test", "-vet=off", "-count=1", "-failfast", "-overlay=" + overlay, "-timeout=" + t.patience.String()}, t.args...)
	command := exec.Command("go", args...)
	command.Dir = t.root
	began := time.Now()
	output, err := command.CombinedOutput()
	r.took = time.Since(began)
	if t.verbose {
		os.Stdout.Write(output)
	}
	var exit *exec.ExitError
	switch {
	case err == nil:
		return r, nil
	case !errors.As(err, &exit):
		return r, err
	}
	r.finding, err = find(string(output))
	return r, err
}
