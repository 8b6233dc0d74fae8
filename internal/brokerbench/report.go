package brokerbench

import (
	"fmt"
	"io"
	"slices"
)

// report prints a table with the results of each path and round. Ratios are the medians of those
// within a round, to the raw path of the same kind.
func (b *Bench) report(w io.Writer, results [][]result) {
	fmt.Fprintln(w, "| | messages/s | p50 µs | p99 µs | p50 / raw | p99 / raw |\n|---|---|---|---|---|---|")
	for i, path := range b.Paths {
		raw := results[b.rawOf(path)]
		fmt.Fprintf(w, "| %s | %.0f | %.0f | %.0f | %.2f | %.2f |\n", path.Title,
			median(results[i], func(r result, _ int) float64 { return r.rate }),
			median(results[i], func(r result, _ int) float64 { return r.p50 }),
			median(results[i], func(r result, _ int) float64 { return r.p99 }),
			median(results[i], func(r result, round int) float64 { return r.p50 / raw[round].p50 }),
			median(results[i], func(r result, round int) float64 { return r.p99 / raw[round].p99 }))
	}
}

// rawOf returns the index of the path that a path is compared with.
func (b *Bench) rawOf(p Path) int {
	return slices.IndexFunc(b.Paths, func(q Path) bool { return q.Raw && q.Kind == p.Kind })
}

// median returns the median of a figure over all rounds.
func median(results []result, figure func(r result, round int) float64) float64 {
	figures := make([]float64, len(results))
	for round, r := range results {
		figures[round] = figure(r, round)
	}
	slices.Sort(figures)
	return (figures[(len(figures)-1)/2] + figures[len(figures)/2]) / 2
}
