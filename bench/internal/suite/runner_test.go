package suite

import (
	"bytes"
	"errors"
	"testing"

	"github.com/handset-go/handset/bench/internal/load"
	"github.com/handset-go/handset/bench/internal/proc"
)

// missing is a server whose toolchain is not there.
type missing struct{}

func (missing) Build(string) (Program, error) { return Program{}, ErrSkipped }

func TestARunnerMeasuresWhatItCanAndSaysWhatItCannot(t *testing.T) {
	if len(proc.Cores()) < 2 {
		t.Skip("measuring needs two cores")
	}
	tiny := load.TapeSpec{Opcode: load.Binary, Size: 125, Count: 4}
	workloads := []Workload{
		{
			Name: "echo", Servers: []string{"raw", "missing"}, Columns: throughput,
			Run: counting(load.Echo{Conns: 2, InFlight: 2, Tape: tiny}),
		},
		{
			Name: "idle-tls", Servers: []string{"raw"}, Columns: []Figure{Memory}, TLS: true,
			Run: remembering(load.Idle{Conns: 50, Tape: tiny}),
		},
		{
			Name: "client-echo", Servers: []string{"client-raw"}, Columns: throughput, Client: true,
			Run: counting(load.Echo{Conns: 2, InFlight: 2, Tape: tiny}),
		},
		{
			Name: "client-idle", Servers: []string{"client-raw"}, Columns: []Figure{Memory}, Client: true,
			Run: remembering(load.Idle{Conns: 50, Tape: tiny}),
		},
	}
	servers, err := ServersNamed([]string{"raw", "client-raw"})
	if err != nil {
		t.Fatal(err)
	}
	servers = append(servers[:2:2], Server{Name: "missing", Build: missing{}})

	var log bytes.Buffer
	runner := &Runner{Root: "../..", Rounds: 2, Seconds: 0.02, Log: &log}
	defer runner.Close()
	runner.Prepare(servers)
	outcomes := runner.Run(workloads, servers)
	for _, outcome := range outcomes {
		name := outcome.Workload.Servers[0]
		row, found := outcome.Row(name)
		if figure := outcome.Workload.Columns[0]; !found || row.Err != nil || row.Spread(figure).Rounds != 2 {
			t.Errorf("%s: %s: %+v\n%s", outcome.Workload.Name, name, row, &log)
		}
	}
	if row, found := outcomes[0].Row("missing"); !found || !errors.Is(row.Err, ErrSkipped) {
		t.Errorf("missing: %+v", row)
	}
	if row, found := outcomes[1].Row("missing"); found {
		t.Errorf("a row in a workload that is not for it: %+v", row)
	}
}
