package report

import (
	"errors"
	"fmt"
	"math"

	"github.com/handset-go/handset/bench/internal/suite"
)

// table is an outcome as cells, the header first.
func table(outcome suite.Outcome) [][]string {
	columns := outcome.Workload.Columns
	head := []string{"server"}
	if outcome.Workload.Client {
		head[0] = "client"
	}
	base, hasBase := outcome.Base()
	for i, figure := range columns {
		head = append(head, figure.String())
		if hasBase && ratioed(i, figure) {
			head = append(head, "ratio to "+base.Server.Name)
		}
	}
	cells := [][]string{head}
	for _, row := range outcome.Rows {
		line := []string{row.Server.Name}
		for i, figure := range columns {
			line = append(line, value(row, figure))
			if hasBase && ratioed(i, figure) {
				line = append(line, ratio(row.Ratio(base, figure)))
			}
		}
		if row.Err != nil {
			line[1] = failure(row.Err)
		}
		cells = append(cells, line)
	}
	return cells
}

// ratioed says which columns have one of ratios beside them: the one compared,
// bytes on the wire and all latencies.
func ratioed(column int, figure suite.Figure) bool { return column == 0 || figure >= suite.Wire }

func value(row suite.Row, figure suite.Figure) string {
	median := row.Spread(figure).Median
	if math.IsNaN(median) {
		return "–"
	}
	return figure.Format(median)
}

// ratio writes a spread as median (min–max).
func ratio(spread suite.Spread) string {
	if spread.Rounds == 0 {
		return "–"
	}
	if spread.Rounds == 1 {
		return fmt.Sprintf("%.2f", spread.Median)
	}
	return fmt.Sprintf("%.2f (%.2f–%.2f)", spread.Median, spread.Min, spread.Max)
}

func failure(err error) string {
	if errors.Is(err, suite.ErrSkipped) {
		return err.Error()
	}
	return "failed: " + err.Error()
}
