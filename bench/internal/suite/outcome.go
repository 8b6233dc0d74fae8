package suite

import (
	"math"
	"slices"
)

// Outcome is the result of a workload for each of its servers.
type Outcome struct {
	Workload Workload
	Rows     []Row
}

// Row is one server's part of an outcome.
type Row struct {
	Server  Server
	Samples []Sample // by round; nil where the round failed
	Err     error    // of the first round that failed, or why it did not run
}

// Row finds a server's row.
func (o Outcome) Row(server string) (Row, bool) {
	for _, row := range o.Rows {
		if row.Server.Name == server {
			return row, true
		}
	}
	return Row{}, false
}

// Base is the row that the ratios are to: the first that ran, which is one of
// handset's unless none was asked for.
func (o Outcome) Base() (Row, bool) {
	for _, row := range o.Rows {
		if row.Err == nil {
			return row, true
		}
	}
	return Row{}, false
}

// Spread is a figure over all rounds.
type Spread struct {
	Median, Min, Max float64
	Rounds           int
}

// spread sums up values, which it sorts. None at all give NaN.
func spread(values []float64) Spread {
	n := len(values)
	if n == 0 {
		return Spread{Median: math.NaN(), Min: math.NaN(), Max: math.NaN()}
	}
	slices.Sort(values)
	return Spread{Median: (values[(n-1)/2] + values[n/2]) / 2, Min: values[0], Max: values[n-1], Rounds: n}
}

// Spread is the figure over the row's rounds.
func (r Row) Spread(figure Figure) Spread {
	var values []float64
	for _, sample := range r.Samples {
		if value, found := sample[figure]; found {
			values = append(values, value)
		}
	}
	return spread(values)
}

// Ratio is the figure divided by base's of the same round, over the rounds
// that both have.
func (r Row) Ratio(base Row, figure Figure) Spread {
	var values []float64
	for round, sample := range r.Samples {
		if round >= len(base.Samples) {
			break
		}
		value, found := sample[figure]
		if other := base.Samples[round][figure]; found && other > 0 {
			values = append(values, value/other)
		}
	}
	return spread(values)
}
