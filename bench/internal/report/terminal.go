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
	tabs := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	for _, line := range table(outcome) {
		fmt.Fprintln(tabs, strings.Join(line, "\t"))
	}
	return tabs.Flush()
}
