// Package exampletest has what examples use in place of the *testing.T of a test.
package exampletest

import (
	"fmt"
	"testing"
)

// A TB is a testing.TB for an example. It prints failures, which are then not the output
// that is wanted.
type TB struct {
	testing.TB // nil: only the methods below are called
	cleanups   []func()
}

// Helper implements testing.TB.
func (t *TB) Helper() {}

// Cleanup implements testing.TB.
func (t *TB) Cleanup(f func()) { t.cleanups = append(t.cleanups, f) }

// Error implements testing.TB.
func (t *TB) Error(v ...any) { fmt.Println(v...) }

// Errorf implements testing.TB.
func (t *TB) Errorf(format string, v ...any) { fmt.Printf(format+"\n", v...) }

// Fatal prints like Error and does not end the example.
func (t *TB) Fatal(v ...any) { t.Error(v...) }

// Fatalf prints like Errorf and does not end the example.
func (t *TB) Fatalf(format string, v ...any) { t.Errorf(format, v...) }

// End calls the cleanups, as at the end of a test.
func (t *TB) End() {
	for i := len(t.cleanups) - 1; i >= 0; i-- {
		t.cleanups[i]()
	}
}
