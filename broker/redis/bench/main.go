// Command bench measures how long messages take from Publish to their delivery, and how
// many there are in a second, beside what Redis and rueidis take for PUBLISH and
// SUBSCRIBE without this module. It starts a redis-server of its own, so that
// must be installed.
//
//	go run ./bench
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"time"
)

func main() {
	log.SetFlags(0)
	rounds := flag.Int("rounds", 7, "how often everything is measured; the figures are the best ones")
	seconds := flag.Float64("seconds", 0.3, "how long each measurement takes")
	size := flag.Int("size", 125, "bytes in a message")
	flag.Parse()
	if err := run(*rounds, time.Duration(*seconds*float64(time.Second)), *size); err != nil {
		log.Fatal(err)
	}
}

// A load is how many messages are under way at once. With one publisher, the
// next message is published when the last one has arrived; otherwise when Publish has
// returned.
var loads = []struct {
	name       string
	publishers int
}{
	{"one message at a time", 1},
	{"16 publishers", 16},
}

func run(rounds int, duration time.Duration, size int) error {
	server, err := startServer()
	if err != nil {
		return err
	}
	defer server.stop()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	for _, load := range loads {
		results := make([][]result, len(targets))
		for range rounds { // interleaved, so that all have the same conditions
			for i, target := range targets {
				r, err := measure(ctx, server, target, load.publishers, duration, size)
				if err != nil {
					return fmt.Errorf("%s: %w", target.name, err)
				}
				results[i] = append(results[i], r)
			}
		}
		report(load.name, size, results)
	}
	return nil
}

// report prints a table.
func report(load string, size int, results [][]result) {
	fmt.Printf("\n%s, %d bytes\n\n| | messages/s | p50 µs | p99 µs | p50, p99 to raw |\n|---|---|---|---|---|\n", load, size)
	base := map[string]result{}
	for i, target := range targets {
		m := best(results[i])
		if target.raw {
			base[target.to] = m
		}
		raw := base[target.to]
		fmt.Printf("| %s | %.0f | %.0f | %.0f | %.2f, %.2f |\n", target.name, m.rate, m.p50, m.p99, m.p50/raw.p50, m.p99/raw.p99)
	}
}
