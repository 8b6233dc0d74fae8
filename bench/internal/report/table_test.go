package report

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/handset-go/handset/bench/internal/suite"
)

// sample is an outcome with every kind of row.
var sample = suite.Outcome{
	Workload: suite.Workload{Name: "echo", Title: "Echo", Columns: []suite.Figure{suite.CPU, suite.Rate, suite.P99}},
	Rows: []suite.Row{
		{Server: suite.Server{Name: "ours"}, Samples: []suite.Sample{
			{suite.CPU: 10, suite.Rate: 1000, suite.P99: 50}, {suite.CPU: 20, suite.Rate: 3000, suite.P99: 70},
		}},
		{Server: suite.Server{Name: "theirs"}, Samples: []suite.Sample{
			{suite.CPU: 20, suite.Rate: 500, suite.P99: 100}, {suite.CPU: 60, suite.Rate: 700, suite.P99: 70},
		}},
		{Server: suite.Server{Name: "broken"}, Samples: []suite.Sample{nil, nil}, Err: errors.New("it fell over")},
		{Server: suite.Server{Name: "absent"}, Samples: []suite.Sample{nil, nil}, Err: fmt.Errorf("%w: no cargo", suite.ErrSkipped)},
	},
}

func TestATableHasMediansAndRatiosWithinARound(t *testing.T) {
	want := [][]string{
		{"server", "CPU per message, µs", "ratio to ours", "messages/s", "p99, µs", "ratio to ours"},
		{"ours", "15", "1.00 (1.00–1.00)", "2000", "60", "1.00 (1.00–1.00)"},
		{"theirs", "40", "2.50 (2.00–3.00)", "600", "85", "1.50 (1.00–2.00)"},
		{"broken", "failed: it fell over", "–", "–", "–", "–"},
		{"absent", "skipped: no cargo", "–", "–", "–", "–"},
	}
	if got := table(sample); !slices.EqualFunc(got, want, slices.Equal) {
		t.Errorf("got\n%q\nwant\n%q", got, want)
	}
}

func TestATableOfClientsSaysSo(t *testing.T) {
	clients := sample
	clients.Workload.Client = true
	if head := table(clients)[0]; head[0] != "client" {
		t.Errorf("got %q", head[0])
	}
}

func TestRatiosAreToTheFirstThatRan(t *testing.T) {
	failed := sample
	failed.Rows = []suite.Row{sample.Rows[2], sample.Rows[1]}
	if head := table(failed)[0]; head[2] != "ratio to theirs" {
		t.Errorf("got %q", head[2])
	}
}

func TestMarkdownCellsCannotBreakTheTable(t *testing.T) {
	var page bytes.Buffer
	markdown(&page, [][]string{{"a", "b"}, {"x|y", "two\nlines"}})
	if want := "| a | b |\n|---|---|\n| x\\|y | two lines |\n"; page.String() != want {
		t.Errorf("got %q, want %q", page.String(), want)
	}
}

func TestAChartShowsTheServersThatRan(t *testing.T) {
	file := filepath.Join(t.TempDir(), "echo.svg")
	if drawn, err := chart(file, sample); !drawn || err != nil {
		t.Fatalf("drawn %t, %v", drawn, err)
	}
	svg, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]bool{"ours": true, "theirs": true, "broken": false, "less is better": true} {
		if got := strings.Contains(string(svg), name); got != want {
			t.Errorf("%q in the chart: %t", name, got)
		}
	}
}

func TestNoChartIsDrawnOfNothing(t *testing.T) {
	nothing := suite.Outcome{Workload: sample.Workload, Rows: sample.Rows[2:]}
	if drawn, err := chart(filepath.Join(t.TempDir(), "none.svg"), nothing); drawn || err != nil {
		t.Errorf("drawn %t, %v", drawn, err)
	}
}
