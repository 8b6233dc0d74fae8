package ws_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// autobahnRows are Autobahn|Testsuite's cases 1 to 7, 9 and 10. The cases of compression
// are in conformance_compress_test.go.
func autobahnRows() (rows []wireRow) {
	rows = append(rows, framingRows()...)
	rows = append(rows, fragmentRows()...)
	rows = append(rows, textRows()...)
	rows = append(rows, closeRows()...)
	return append(rows, limitRows()...)
}

// wireRows are all rows of conversations after a handshake without extensions.
func wireRows() []wireRow {
	return slices.Concat(autobahnRows(), headerRows(), splitRows(), closingRows(), sendRows(), deflateFrameRows(), messageRows())
}

// runs are the ways in which a row is run on each side: with every view, uncompressed
// and, if that makes a difference, compressed.
func (r wireRow) runs() (all []wireRun) {
	for _, on := range r.sides() {
		for _, view := range wireViews {
			if view == "Chan" && r.endsWithMessage() {
				continue // it reads ahead of the application, which then cannot send the message back
			}
			all = append(all, wireRun{on, false, view})
			if !r.script.plain && r.script.agree == nil {
				all = append(all, wireRun{on, true, view})
			}
		}
	}
	return all
}

// endsWithMessage reports whether the peer sends a message and the end at once.
func (r wireRow) endsWithMessage() bool {
	last := r.script.steps[len(r.script.steps)-1]
	return !r.end.peerCloses && slices.ContainsFunc(last.want, func(f wireFrame) bool { return f.first == fin|opText || f.first == fin|opBinary })
}

// sampled is one of the runs on each side, another one for every n.
func sampled(all []wireRun, n int) (some []wireRun) {
	for _, on := range sides {
		its := slices.DeleteFunc(slices.Clone(all), func(r wireRun) bool { return r.on != on })
		if len(its) > 0 {
			some = append(some, its[n%len(its)])
		}
	}
	return some
}

// Every row holds for servers and for clients, whatever the view, and whether messages
// are compressed or not. In memory, nothing else may be sent. Under the race detector,
// every row is run once on each side.
func TestConformance(t *testing.T) {
	for i, row := range wireRows() {
		runs := row.runs()
		if row.script.long || raceDetector || testing.Short() {
			runs = sampled(runs, i)
		}
		for _, run := range runs {
			t.Run(fmt.Sprintf("%v,case=%s", run, row.id), func(t *testing.T) {
				t.Parallel()
				converseInMemory(t, row, run)
			})
		}
	}
}

// Every row holds through the kernel, where bytes may arrive in other parts: over TCP and
// over TLS. A conn of another type is what sessions have in memory. Under the race
// detector, a third of the rows is run, over TCP.
func TestConformanceOverTransports(t *testing.T) {
	sample := raceDetector || testing.Short()
	for k, over := range transports {
		if over.wrap || over.tls && sample {
			continue
		}
		for i, row := range wireRows() {
			if sample && i%3 != 0 {
				continue
			}
			for _, run := range sampled(row.runs(), i+k) {
				t.Run(fmt.Sprintf("over=%s,%v,case=%s", over.name, run, row.id), func(t *testing.T) {
					t.Parallel()
					converseOver(t, over, row, run)
				})
			}
		}
	}
}

// The rows are all of Autobahn|Testsuite's cases but those of compression.
func TestConformanceRows(t *testing.T) {
	want := map[string]int{"1": 16, "2": 11, "3": 7, "4": 10, "5": 20, "6": 145, "7": 37, "9": 54, "10": 1}
	for _, row := range autobahnRows() {
		group, _, _ := strings.Cut(row.id, ".")
		want[group]--
	}
	for group, missing := range want {
		if missing != 0 {
			t.Errorf("of the cases %s, %d are missing", group, missing)
		}
	}
	seen := make(map[string]bool)
	for _, row := range wireRows() {
		if seen[row.id] || row.rule == nil {
			t.Errorf("case %s is there twice, or tests nothing", row.id)
		}
		seen[row.id] = true
	}
}
