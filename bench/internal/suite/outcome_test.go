package suite

import (
	"errors"
	"math"
	"testing"
)

func row(name string, cpu ...float64) Row {
	r := Row{Server: Server{Name: name}}
	for _, value := range cpu {
		if value == 0 {
			r.Samples = append(r.Samples, nil)
			r.Err = errors.New("failed")
			continue
		}
		r.Samples = append(r.Samples, Sample{CPU: value})
	}
	return r
}

func TestASpreadIsTheMedianAndTheExtremes(t *testing.T) {
	tests := []struct {
		name   string
		values []float64
		want   Spread
	}{
		{"one", []float64{3}, Spread{3, 3, 3, 1}},
		{"odd", []float64{9, 1, 5}, Spread{5, 1, 9, 3}},
		{"even", []float64{8, 1, 2, 4}, Spread{3, 1, 8, 4}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := spread(test.values); got != test.want {
				t.Errorf("got %+v, want %+v", got, test.want)
			}
		})
	}
	if none := spread(nil); !math.IsNaN(none.Median) || none.Rounds != 0 {
		t.Errorf("of nothing: %+v", none)
	}
}

func TestRatiosAreTakenWithinARound(t *testing.T) {
	base := row("base", 1, 10, 100)
	tests := []struct {
		name string
		row  Row
		want Spread
	}{
		{"all rounds", row("x", 2, 20, 300), Spread{2, 2, 3, 3}},
		{"a round that failed is left out", row("x", 2, 0, 300), Spread{2.5, 2, 3, 2}},
		{"a round more than the base has", row("x", 2, 20, 300, 1), Spread{2, 2, 3, 3}},
		{"itself", base, Spread{1, 1, 1, 3}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := test.row.Ratio(base, CPU); got != test.want {
				t.Errorf("got %+v, want %+v", got, test.want)
			}
		})
	}
}
