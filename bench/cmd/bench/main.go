// Command bench measures WebSocket servers side by side. Run it from the folder
// of its module:
//
//	go run ./cmd/bench -workloads echo,burst -servers 'handset*,raw,gws' -rounds 3 -seconds 2
//
// prints tables of ratios to handset; with -out it writes RESULTS.md and charts.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/handset-go/handset/bench/internal/proc"
	"github.com/handset-go/handset/bench/internal/report"
	"github.com/handset-go/handset/bench/internal/suite"
)

// openFiles is enough for 10,000 connections and what else is open.
const openFiles = 10_000 + 1_000

var (
	workloadNames = flag.String("workloads", "", "which workloads, with commas between them; all if empty")
	serverNames   = flag.String("servers", "", "which servers, with commas between them, gw* for a prefix; all if empty")
	rounds        = flag.Int("rounds", 3, "how often each server is measured under each workload")
	seconds       = flag.Float64("seconds", 1, "how long each measurement lasts")
	out           = flag.String("out", "", "folder for RESULTS.md and the charts; not written if empty")
	profile       = flag.String("profile", "", "folder for CPU profiles of the Go servers")
)

// extras are the servers of -extra.
var extras []suite.Server

func main() {
	flag.Func("extra", "one more server, built before: 'old=/tmp/handset -view recv'; may be given again", func(text string) error {
		server, err := suite.Extra(text)
		extras = append(extras, server)
		return err
	})
	flag.Parse()
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run() error {
	servers, err := suite.ServersNamed(list(*serverNames))
	if err != nil {
		return err
	}
	servers = slices.Concat(servers, extras)
	workloads, err := suite.WorkloadsNamed(list(*workloadNames))
	if err != nil {
		return err
	}
	if len(proc.Cores()) < 2 {
		return errors.New("this needs two cores, one for the server and one for the load")
	}
	if _, err := proc.RaiseFiles(openFiles); err != nil {
		return err
	}
	runner := &suite.Runner{Root: ".", Rounds: *rounds, Seconds: *seconds, Log: os.Stderr, Profile: *profile}
	defer runner.Close()
	runner.Prepare(servers)
	others, err := proc.WatchOthers()
	if err != nil {
		return err
	}
	var outcomes []suite.Outcome
	for _, group := range suite.Together(workloads) {
		ended := runner.Run(group, servers)
		outcomes = append(outcomes, ended...)
		for _, outcome := range ended {
			if err := report.Terminal(os.Stdout, outcome); err != nil {
				return err
			}
		}
	}
	if err := report.Targets(os.Stdout, outcomes); err != nil {
		return err
	}
	busy, err := others.Cores()
	if err != nil {
		return err
	}
	fmt.Printf("\nOther processes kept %.2f cores busy meanwhile.\n", busy)
	if *out == "" {
		return nil
	}
	return report.Write(*out, report.Run{Runner: runner, Servers: servers, Outcomes: outcomes, Date: time.Now().UTC(), Others: busy})
}

// list splits a flag at its commas.
func list(names string) []string {
	return strings.FieldsFunc(names, func(r rune) bool { return r == ',' || r == ' ' })
}
