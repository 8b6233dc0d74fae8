package report

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/handset-go/handset/bench/internal/suite"
)

// Terminal writes an outcome as a table for reading at once.
func Terminal(w io.Writer, outcome suite.Outcome) error {
	fmt.Fprintf(w, "\n%s: %s\n", outcome.Workload.Name, outcome.Workload.Title)
	return aligned(w, table(outcome))
}

// Targets writes which of the targets were met, for reading at once. It writes
// nothing if none was measured.
func Targets(w io.Writer, outcomes []suite.Outcome) error {
	verdicts := suite.Judge(suite.Targets, outcomes)
	if len(verdicts) == 0 {
		return nil
	}
	fmt.Fprintf(w, "\nTargets:\n")
	return aligned(w, targets(verdicts, "MISSED"))
}

// aligned writes cells in columns.
func aligned(w io.Writer, cells [][]string) error {
	tabs := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	for _, line := range cells {
		fmt.Fprintln(tabs, strings.Join(line, "\t"))
	}
	return tabs.Flush()
}
