package ws_test

import (
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// comparison returns the cells of the table of libraries in a file.
func comparison(t *testing.T, file string) [][]string {
	t.Helper()
	_, table, ok := strings.Cut(read(t, file), "\n| | handset | ")
	if !ok {
		t.Fatalf("%s has no table", file)
	}
	table, _, _ = strings.Cut(table, "\n\n")
	var cells [][]string
	for line := range strings.Lines("| | handset | " + table) {
		cells = append(cells, strings.Split(strings.Trim(strings.TrimSpace(line), "| "), " | "))
	}
	return cells
}

// Both READMEs have the table of docs/comparison.md, which says where each cell
// comes from.
func TestDocsComparison(t *testing.T) {
	sources := read(t, "docs/comparison.md")
	want := comparison(t, "docs/comparison.md")
	for i, row := range comparison(t, "README.md") {
		if i >= len(want) || !slices.Equal(row, want[i]) {
			t.Errorf("README.md has other cells than docs/comparison.md: %q", row)
		}
	}
	chinese := comparison(t, "README.zh-CN.md")
	if len(chinese) != len(want) {
		t.Fatalf("README.zh-CN.md has %d rows, want %d", len(chinese), len(want))
	}
	answer := regexp.MustCompile(`^[✓–]|^[\d.,]+$`)
	for i, row := range want {
		if i < 2 {
			continue // the names and the line
		}
		for j := range row {
			if a, b := answer.FindString(row[j]), answer.FindString(chinese[i][j]); a != b {
				t.Errorf("row %q: %q, and %q in Chinese", row[0], row[j], chinese[i][j])
			}
		}
		_, list, ok := strings.Cut(sources, "\n## "+strings.ReplaceAll(row[0], "&#124;", " ")+"\n\n")
		list, _, _ = strings.Cut(list, "\n\n")
		if items := strings.Count("\n"+list, "\n- "); !ok || items != len(row)-1 {
			t.Errorf("docs/comparison.md has %d sources for %q, want %d", items, row[0], len(row)-1)
		}
	}
}

// benchIdle returns the bytes of a server's row in a section of the results.
func benchIdle(t *testing.T, section, server string) float64 {
	t.Helper()
	_, text, _ := strings.Cut(read(t, "bench/RESULTS.md"), "\n## "+section+"\n")
	_, text, found := strings.Cut(text, "\n| "+server+" | ")
	figure, _, _ := strings.Cut(text, " |")
	bytes, err := strconv.ParseFloat(figure, 64)
	if !found || err != nil {
		t.Fatalf("bench/RESULTS.md has no row %s in %s: %v", server, section, err)
	}
	return bytes
}

// sameFigure allows for what differs between two runs of the bench.
func sameFigure(text string, measured float64) bool {
	figure, err := strconv.ParseFloat(strings.ReplaceAll(strings.TrimSpace(text), ",", ""), 64)
	return err == nil && math.Abs(figure-measured) <= 0.15*measured
}

// What is said about memory is what the bench has measured.
func TestDocsFiguresAreThoseOfTheBench(t *testing.T) {
	for _, file := range []string{"README.md", "README.zh-CN.md"} {
		cells := comparison(t, file)
		i := slices.IndexFunc(cells, func(row []string) bool {
			return strings.Contains(row[0], "idle connection") || strings.Contains(row[0], "空闲连接")
		})
		if i < 0 {
			t.Fatalf("%s has no row of idle connections", file)
		}
		for j, server := range []string{"handset-handler", "gorilla", "coder", "gws", "gobwas", "nbio"} {
			if measured := benchIdle(t, "idle", server); !sameFigure(cells[i][j+1], measured) {
				t.Errorf("%s: %s bytes for %s, measured %v", file, cells[i][j+1], server, measured)
			}
		}
	}
	row := regexp.MustCompile("\\| `(handset-\\S+)` \\| ([\\d,]+) \\| ([\\d,]+) \\|")
	for _, dir := range guideLanguages {
		found := row.FindAllStringSubmatch(read(t, dir+"memory.md"), -1)
		if len(found) < 5 {
			t.Errorf("%smemory.md has %d rows of figures", dir, len(found))
		}
		for _, f := range found {
			if tcp, tls := benchIdle(t, "idle", f[1]), benchIdle(t, "idle-tls", f[1]); !sameFigure(f[2], tcp) || !sameFigure(f[3], tls) {
				t.Errorf("%smemory.md: %s, measured %v and %v", dir, f[0], tcp, tls)
			}
		}
	}
}

// Metrics that the guides name are exported.
func TestDocsMetricsExist(t *testing.T) {
	sessions, groups := read(t, "metrics/prometheus/collector.go"), read(t, "metrics/prometheus/groups.go")
	for _, dir := range guideLanguages {
		for _, name := range regexp.MustCompile(`handset_(\w+)`).FindAllStringSubmatch(read(t, dir+"observability.md"), -1) {
			ofGroups, isOfGroups := strings.CutPrefix(name[1], "group_")
			if isOfGroups && strings.Contains(groups, `{"`+ofGroups+`"`) {
				continue
			}
			if !strings.Contains(sessions, `{"`+name[1]+`"`) {
				t.Errorf("%sobservability.md: there is no metric %s", dir, name[0])
			}
		}
	}
}

func TestDocsBadgeHasVersionOfGo(t *testing.T) {
	version := regexp.MustCompile(`(?m)^go (\d+\.\d+)`).FindStringSubmatch(read(t, "go.mod"))[1]
	for _, readme := range readmes {
		if !strings.Contains(read(t, readme), "badge/Go-"+version+"%2B-") {
			t.Errorf("the badge of %s does not have version %s", readme, version)
		}
	}
}
