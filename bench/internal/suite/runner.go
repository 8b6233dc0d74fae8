package suite

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"time"

	"github.com/handset-go/handset/bench/internal/load"
	"github.com/handset-go/handset/bench/internal/proc"
)

// Runner measures servers under workloads.
type Runner struct {
	Root    string // the folder of this module
	Rounds  int
	Seconds float64 // measured, of each server in each round
	Log     io.Writer
	Profile string // folder for CPU profiles of the servers written in Go; may be ""

	programs map[Builder]built
	cert     certificate
}

type built struct {
	program Program
	err     error
}

// Prepare builds the servers.
func (r *Runner) Prepare(servers []Server) {
	r.programs = make(map[Builder]built)
	for _, server := range servers {
		if _, done := r.programs[server.Build]; done {
			continue
		}
		program, err := server.Build.Build(r.Root)
		if err != nil {
			fmt.Fprintf(r.Log, "%s: %v\n", server.Name, err)
		}
		r.programs[server.Build] = built{program, err}
	}
}

// Version is what a server was built from.
func (r *Runner) Version(server Server) (string, error) {
	built := r.programs[server.Build]
	return built.program.Version, built.err
}

// Run runs the workloads together: in each round every server once under each
// of them. Every round begins with another server, so that what disturbs the
// machine for a while falls on all of them.
func (r *Runner) Run(workloads []Workload, servers []Server) []Outcome {
	outcomes := make([]Outcome, len(workloads))
	for i, workload := range workloads {
		outcomes[i].Workload = workload
		for _, server := range workload.rows(servers) {
			outcomes[i].Rows = append(outcomes[i].Rows, Row{Server: server, Err: r.programs[server.Build].err})
		}
	}
	for round := range r.Rounds {
		for place := range servers {
			for _, outcome := range outcomes {
				if n := len(outcome.Rows); place < n {
					r.measure(outcome.Workload, &outcome.Rows[(place+round)%n])
				}
			}
		}
	}
	return outcomes
}

// measure adds one sample to the row. A server that has failed is not tried
// again: it would only take the time of a stall once more.
func (r *Runner) measure(workload Workload, row *Row) {
	if row.Err != nil {
		row.Samples = append(row.Samples, nil)
		return
	}
	sample, err := r.sample(workload, row.Server)
	if err != nil {
		fmt.Fprintf(r.Log, "%s, %s: %v\n", workload.Name, row.Server.Name, err)
		row.Err = err
	}
	row.Samples = append(row.Samples, sample)
}

func (r *Runner) sample(workload Workload, server Server) (Sample, error) {
	command, err := r.command(workload, server)
	if err != nil {
		return nil, err
	}
	if err := proc.Pin(loadCore(workload)); err != nil {
		return nil, err
	}
	process, err := proc.Start(command)
	if err != nil {
		return nil, err
	}
	defer process.Stop()
	target := load.Target{Addr: process.Addr, TLS: workload.TLS, Protocol: server.protocol}
	if workload.Client {
		target.Dial = process.Dial
	}
	return workload.Run(Job{
		Server: process,
		Target: target,
		Span:   r.span(workload, process, server.Name+"-"+workload.Name),
	})
}

// span measures for the usual time, after a fifth of it to warm up.
func (r *Runner) span(workload Workload, process *proc.Server, name string) load.Span {
	measure := time.Duration(r.Seconds * max(workload.Longer, 1) * float64(time.Second))
	span := load.Span{Warmup: max(measure/5, 100*time.Millisecond), Measure: measure, CPU: process.CPU, Shared: loadCore(workload) == proc.AnyCore}
	if r.Profile != "" {
		span.Began = func() { go r.profile(process, name, measure) }
	}
	return span
}

// The server has the first core for itself, and the load the second.
func serverCore(workload Workload) int { return core(workload, 0) }
func loadCore(workload Workload) int   { return core(workload, 1) }

func core(workload Workload, i int) int {
	cores := proc.Cores()
	if workload.Free || len(cores) < 2 {
		return proc.AnyCore
	}
	return cores[i]
}

func (r *Runner) command(workload Workload, server Server) (proc.Command, error) {
	threads := 1
	if workload.Free {
		threads = 2
	}
	args := slices.Concat(r.programs[server.Build].program.Args, server.Args, workload.Args)
	if workload.TLS {
		if err := r.cert.write(); err != nil {
			return proc.Command{}, err
		}
		args = append(args, "--cert", r.cert.certFile, "--key", r.cert.keyFile)
	}
	return proc.Command{
		Args: args,
		Env:  []string{"GOMAXPROCS=" + strconv.Itoa(threads), "BENCH_WORKERS=" + strconv.Itoa(threads)},
		Core: serverCore(workload),
	}, nil
}

// Close removes what the runner has written besides the results.
func (r *Runner) Close() {
	if r.cert.dir != "" {
		r.cert.remove()
	}
}
