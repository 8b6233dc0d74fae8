package suite

import (
	"time"

	"github.com/handset-go/handset/bench/internal/load"
	"github.com/handset-go/handset/bench/internal/proc"
)

// Workload is one thing the servers are made to do: a table of the results.
type Workload struct {
	Name    string
	Title   string
	Servers []string // those it is meant for; others are left out
	Columns []Figure // the first is the one compared
	Args    []string // for the servers, besides their own
	With    string   // the workload before it, if they are to be measured in turns
	TLS     bool
	Client  bool    // the servers are clients, and the load is what they connect to
	Free    bool    // server and load share both cores, unpinned
	Longer  float64 // how many times the usual time it takes; 0 is 1
	Run     func(Job) (Sample, error)
}

// Together cuts workloads into groups that are measured in turns.
func Together(workloads []Workload) (groups [][]Workload) {
	for i, workload := range workloads {
		if i > 0 && workload.With == workloads[i-1].Name {
			groups[len(groups)-1] = append(groups[len(groups)-1], workload)
			continue
		}
		groups = append(groups, []Workload{workload})
	}
	return groups
}

// rows are those of servers that take part, in the workload's own order.
func (w Workload) rows(servers []Server) (rows []Server) {
	for _, name := range w.Servers {
		for _, server := range servers {
			if server.Name == name {
				rows = append(rows, server)
			}
		}
	}
	for _, server := range servers {
		if server.extra && server.client() == w.Client {
			rows = append(rows, server)
		}
	}
	return rows
}

// Job is one measurement to be made.
type Job struct {
	Server *proc.Server
	Target load.Target
	Span   load.Span
}

// counting makes a workload's Run of a load that counts messages.
func counting(load interface {
	Run(load.Target, load.Span) (load.Result, error)
}) func(Job) (Sample, error) {
	return func(job Job) (Sample, error) {
		result, err := load.Run(job.Target, job.Span)
		if err != nil {
			return nil, err
		}
		return perMessage(result), nil
	}
}

// withDead makes a workload's Run of a group with dead members.
func withDead(group load.Group) func(Job) (Sample, error) {
	return func(job Job) (Sample, error) {
		with, without, err := group.RunDead(job.Target, job.Span)
		if err != nil {
			return nil, err
		}
		sample := perMessage(with)
		sample[DeadCost] = sample[CPU] / perMessage(without)[CPU]
		return sample, nil
	}
}

// perMessage are the figures of a load that counts messages.
func perMessage(result load.Result) Sample {
	messages, cpu := float64(result.Messages), result.CPU.Seconds()
	return Sample{
		CPU:        cpu / messages * float64(time.Second/time.Microsecond),
		Wire:       float64(result.Bytes) / messages,
		Rate:       messages / result.Elapsed.Seconds(),
		PerCPU:     messages / cpu,
		Handshakes: messages / cpu,
	}
}

// timing makes a workload's Run of a load that measures latency.
func timing(latency load.Latency) func(Job) (Sample, error) {
	return func(job Job) (Sample, error) {
		result, histogram, err := latency.Run(job.Target, job.Span)
		if err != nil {
			return nil, err
		}
		sample := perMessage(result)
		for figure, quantile := range map[Figure]float64{P50: 50, P99: 99, P999: 99.9} {
			sample[figure] = float64(histogram.ValueAtPercentile(quantile)) / float64(time.Microsecond)
		}
		return sample, nil
	}
}

// silence is how long connections say nothing before they count as idle.
const silence = 3 * time.Second

// remembering makes a workload's Run of idle connections: what the server's
// memory grows by, after garbage collection before and after.
func remembering(idle load.Idle) func(Job) (Sample, error) {
	return func(job Job) (Sample, error) {
		// What a first connection brings into being is there once, not for each.
		first := idle
		first.Conns = 1
		if err := first.Run(job.Target, func() error { return nil }); err != nil {
			return nil, err
		}
		before, err := collected(job.Server)
		if err != nil {
			return nil, err
		}
		var after int64
		err = idle.Run(job.Target, func() error {
			time.Sleep(silence)
			after, err = collected(job.Server)
			return err
		})
		return Sample{Memory: float64(after-before) / float64(idle.Conns)}, err
	}
}

// collected is a server's memory after garbage collection.
func collected(server *proc.Server) (int64, error) {
	if err := server.GC(); err != nil {
		return 0, err
	}
	return server.RSS()
}
