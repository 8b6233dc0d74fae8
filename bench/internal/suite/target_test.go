package suite

import (
	"slices"
	"testing"
)

func TestATargetIsJudgedAgainstTheBest(t *testing.T) {
	outcomes := []Outcome{
		{Workload: Workload{Name: "a"}, Rows: []Row{row("ours", 8), row("good", 10), row("bad", 40), row("broken", 0)}},
		{Workload: Workload{Name: "b"}, Rows: []Row{row("ours", 4)}},
	}
	peers := Reference{Name: "peers", Servers: []string{"bad", "broken", "good", "absent"}}
	tests := []struct {
		name   string
		target Target
		best   string
		ratio  float64
		met    bool
	}{
		{"met", Target{"a", "ours", CPU, peers, 0.9}, "good", 0.8, true},
		{"missed", Target{"a", "ours", CPU, peers, 0.7}, "good", 0.8, false},
		{"a value of its own", Target{"a", "ours", CPU, Reference{}, 9}, "", 8, true},
		{"another workload", Target{"a", "ours", CPU, Reference{Servers: []string{"ours"}, Workload: "b"}, 1}, "ours", 2, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			verdicts := Judge([]Target{test.target}, outcomes)
			if len(verdicts) != 1 {
				t.Fatalf("%d verdicts", len(verdicts))
			}
			got := verdicts[0]
			if got.Best != test.best || got.Spread.Median != test.ratio || got.Met() != test.met {
				t.Errorf("got %s, %v, met %t", got.Best, got.Spread.Median, got.Met())
			}
		})
	}
}

func TestWhereMoreIsBetterTheBestIsTheMost(t *testing.T) {
	quick, slow := Row{Server: Server{Name: "quick"}}, Row{Server: Server{Name: "slow"}}
	quick.Samples, slow.Samples = []Sample{{PerCPU: 300}}, []Sample{{PerCPU: 100}}
	ours := Row{Server: Server{Name: "ours"}, Samples: []Sample{{PerCPU: 600}}}
	outcome := Outcome{Workload: Workload{Name: "a"}, Rows: []Row{ours, slow, quick}}
	target := Target{"a", "ours", PerCPU, Reference{Servers: []string{"slow", "quick"}}, 2}
	verdicts := Judge([]Target{target}, []Outcome{outcome})
	if len(verdicts) != 1 || verdicts[0].Best != "quick" || !verdicts[0].Met() {
		t.Errorf("got %+v", verdicts)
	}
}

func TestWhatWasNotMeasuredIsNotJudged(t *testing.T) {
	outcomes := []Outcome{{Workload: Workload{Name: "a"}, Rows: []Row{row("ours", 8), row("broken", 0)}}}
	targets := []Target{
		{"absent", "ours", CPU, Reference{}, 1},
		{"a", "absent", CPU, Reference{}, 1},
		{"a", "broken", CPU, Reference{}, 1},
		{"a", "ours", CPU, one("broken"), 1},
	}
	if verdicts := Judge(targets, outcomes); len(verdicts) > 0 {
		t.Errorf("got %+v", verdicts)
	}
}

// The tables name each other by strings: a slip would leave a row out in silence.
func TestTheTablesNameOnlyWhatThereIs(t *testing.T) {
	var servers, workloads []string
	for _, server := range Servers {
		servers = append(servers, server.Name)
	}
	byName := make(map[string]Workload)
	for _, workload := range Workloads {
		workloads = append(workloads, workload.Name)
		byName[workload.Name] = workload
		for _, server := range workload.Servers {
			i := slices.Index(servers, server)
			if i < 0 {
				t.Errorf("workload %s: no server %q", workload.Name, server)
			} else if Servers[i].client() != workload.Client {
				t.Errorf("workload %s: %s is for the other side", workload.Name, server)
			}
		}
		if workload.With != "" && !slices.Contains(workloads, workload.With) {
			t.Errorf("workload %s: no workload %q before it", workload.Name, workload.With)
		}
	}
	for _, target := range Targets {
		workload, there := byName[target.Workload]
		if !there || !slices.Contains(workload.Servers, target.Server) {
			t.Errorf("target: no %s under %q", target.Server, target.Workload)
		}
		if !slices.Contains(workload.Columns, target.Figure) {
			t.Errorf("target: %s has no column of %v", target.Workload, target.Figure)
		}
		for _, server := range target.To.Servers {
			if !slices.Contains(servers, server) {
				t.Errorf("target for %s: no server %q", target.Workload, server)
			}
		}
	}
}
