package main

import (
	"context"
	"log/slog"
	"testing"
	"time"
)

// A recorder is a slog.Handler that passes records to a test.
type recorder struct {
	records chan slog.Record
	attrs   []slog.Attr
}

// recordLog makes the default logger a recorder until the test ends.
func recordLog(t *testing.T) *recorder {
	r := &recorder{records: make(chan slog.Record, 100)}
	before := slog.Default()
	slog.SetDefault(slog.New(r))
	t.Cleanup(func() { slog.SetDefault(before) })
	return r
}

func (r *recorder) Enabled(context.Context, slog.Level) bool { return true }

func (r *recorder) Handle(_ context.Context, record slog.Record) error {
	record.AddAttrs(r.attrs...)
	r.records <- record
	return nil
}

func (r *recorder) WithAttrs(attrs []slog.Attr) slog.Handler {
	return &recorder{records: r.records, attrs: append(attrs, r.attrs...)}
}

func (r *recorder) WithGroup(string) slog.Handler { return r }

// next waits for the next record, fails the test unless it has the given
// message, and returns its attributes.
func (r *recorder) next(t *testing.T, message string) map[string]slog.Value {
	t.Helper()
	select {
	case record := <-r.records:
		if record.Message != message {
			t.Fatalf("logged %q, want %q", record.Message, message)
		}
		attrs := map[string]slog.Value{}
		record.Attrs(func(a slog.Attr) bool {
			attrs[a.Key] = a.Value
			return true
		})
		return attrs
	case <-time.After(patience):
		t.Fatalf("%q was never logged", message)
		return nil
	}
}
