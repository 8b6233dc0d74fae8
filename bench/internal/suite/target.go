package suite

import (
	"fmt"
	"math"
)

// Target is a ratio that handset means to reach.
type Target struct {
	Workload string
	Server   string
	Figure   Figure
	To       Reference
	Limit    float64 // at most, or at least where more is better
}

// Reference is what a target compares with: the best of some servers.
type Reference struct {
	Name     string
	Servers  []string // none: Limit is a value of the figure itself
	Workload string   // "": the target's own
}

// Verdict is what became of a target.
type Verdict struct {
	Target Target
	Best   string // which of the reference's servers was the best
	Spread Spread // the ratio, or the value if there is no reference
}

// LimitText writes the target's limit.
func (t Target) LimitText() string {
	sign := "≤"
	if t.Figure.MoreIsBetter() {
		sign = "≥"
	}
	if len(t.To.Servers) == 0 {
		return sign + " " + t.Figure.Format(t.Limit)
	}
	return fmt.Sprintf("%s %.4g × %s", sign, t.Limit, t.To.Name)
}

// Met says whether the median keeps to the limit.
func (v Verdict) Met() bool {
	if v.Target.Figure.MoreIsBetter() {
		return v.Spread.Median >= v.Target.Limit
	}
	return v.Spread.Median <= v.Target.Limit
}

// Judge compares outcomes with the targets. Targets about what was not
// measured are left out.
func Judge(targets []Target, outcomes []Outcome) (verdicts []Verdict) {
	byName := make(map[string]Outcome)
	for _, outcome := range outcomes {
		byName[outcome.Workload.Name] = outcome
	}
	for _, target := range targets {
		row, found := byName[target.Workload].Row(target.Server)
		if !found || row.Spread(target.Figure).Rounds == 0 {
			continue
		}
		verdict := Verdict{Target: target, Spread: row.Spread(target.Figure)}
		if len(target.To.Servers) > 0 {
			other := byName[target.Workload]
			if target.To.Workload != "" {
				other = byName[target.To.Workload]
			}
			best, found := other.best(target.To.Servers, target.Figure)
			if !found {
				continue
			}
			verdict.Best, verdict.Spread = best.Server.Name, row.Ratio(best, target.Figure)
		}
		verdicts = append(verdicts, verdict)
	}
	return verdicts
}

// best is the row with the best median among those of the named servers.
func (o Outcome) best(servers []string, figure Figure) (best Row, found bool) {
	for _, name := range servers {
		row, there := o.Row(name)
		median := row.Spread(figure).Median
		if !there || math.IsNaN(median) {
			continue
		}
		if !found || (median < best.Spread(figure).Median) != figure.MoreIsBetter() {
			best, found = row, true
		}
	}
	return best, found
}
