package ws_test

import (
	"fmt"
	"strings"
	"testing"
)

// conformanceRows are Autobahn|Testsuite's cases 1 to 7, 9 and 10. The cases of compression
// are in conformance_compress_test.go.
func conformanceRows() (rows []wireRow) {
	rows = append(rows, framingRows()...)
	rows = append(rows, fragmentRows()...)
	rows = append(rows, textRows()...)
	rows = append(rows, closeRows()...)
	return append(rows, limitRows()...)
}

// Every row holds for servers and for clients. In memory, nothing else may be sent.
func TestConformance(t *testing.T) {
	rows := conformanceRows()
	for _, on := range sides {
		for _, row := range rows {
			t.Run(fmt.Sprintf("side=%s,case=%s", on, row.id), func(t *testing.T) {
				t.Parallel()
				converseInMemory(t, row, on)
			})
		}
	}
}

// Every row holds through the kernel, where bytes may arrive in other parts. A conn of
// another type is what sessions have in memory.
func TestConformanceOverTransports(t *testing.T) {
	rows := conformanceRows()
	for _, over := range transports {
		if over.wrap || over.tls && (raceDetector || testing.Short()) {
			continue
		}
		for _, on := range sides {
			for _, row := range rows {
				t.Run(fmt.Sprintf("over=%s,side=%s,case=%s", over.name, on, row.id), func(t *testing.T) {
					t.Parallel()
					converseOver(t, over, row, on)
				})
			}
		}
	}
}

// The rows are all of Autobahn|Testsuite's cases but those of compression, and each names
// the section that it tests.
func TestConformanceRows(t *testing.T) {
	want := map[string]int{"1": 16, "2": 11, "3": 7, "4": 10, "5": 20, "6": 145, "7": 37, "9": 54, "10": 1}
	seen := make(map[string]bool)
	for _, row := range conformanceRows() {
		group, _, _ := strings.Cut(row.id, ".")
		want[group]--
		if seen[row.id] || !strings.HasPrefix(row.rule, "RFC 6455 §") || !strings.Contains(row.rule, ": ") {
			t.Errorf("case %s is there twice, or has the rule %q", row.id, row.rule)
		}
		seen[row.id] = true
	}
	for group, missing := range want {
		if missing != 0 {
			t.Errorf("of the cases %s, %d are missing", group, missing)
		}
	}
}
