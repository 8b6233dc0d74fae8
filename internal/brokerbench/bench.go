package brokerbench

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"slices"
	"time"
)

// A Bench is what a program measures.
type Bench struct {
	Start func() (address string, stop func(), err error) // starts the broker, in a process of its own
	Paths []Path
}

// name returns the name that the messages of a path are published to.
func name(index int) string { return fmt.Sprintf("path%d", index) }

// A config says how to measure.
type config struct {
	rounds, publishers, size int
	duration                 time.Duration
	patience                 time.Duration // how much longer than a measurement its last message may take
}

// Main runs the program: it measures, or, if it was started for that, receives.
func (b *Bench) Main() {
	log.SetFlags(0)
	if len(os.Args) == 3 && os.Args[1] == "receive" {
		if err := receive(b.Paths, os.Args[2]); err != nil {
			log.Fatal(err)
		}
		return
	}
	c := config{patience: 10 * time.Second}
	flag.IntVar(&c.rounds, "rounds", 21, "how often everything is measured; the figures are medians")
	flag.IntVar(&c.publishers, "publishers", 16, "goroutines that publish at the same time, at most 256")
	flag.IntVar(&c.size, "size", 125, "bytes in a message")
	flag.DurationVar(&c.duration, "duration", 100*time.Millisecond, "how long each measurement takes")
	flag.Parse()
	if err := b.run(c, os.Stdout); err != nil {
		log.Fatal(err)
	}
}

// run measures and prints the figures.
func (b *Bench) run(c config, w io.Writer) error {
	if c.publishers < 1 || c.publishers > 256 || c.rounds < 1 {
		return errors.New("brokerbench: there are 1 to 256 publishers and at least one round")
	}
	address, stop, err := b.Start()
	if err != nil {
		return err
	}
	defer stop()
	receiver, err := startReceiver(address)
	if err != nil {
		return err
	}
	defer receiver.stop()
	m, err := newMeasurer(receiver, c)
	if err != nil {
		return err
	}
	publish := make([]Publisher, len(b.Paths))
	for i, path := range b.Paths {
		if publish[i], err = path.Publish(address, name(i)); err != nil {
			return fmt.Errorf("%s: %w", path.Title, err)
		}
	}
	for _, publishers := range slices.Compact([]int{1, c.publishers}) {
		results, err := b.measure(m, publish, publishers, c.rounds)
		if err != nil {
			return err
		}
		fmt.Fprintf(w, "\n%d at a time, %d bytes\n\n", publishers, c.size)
		b.report(w, results)
	}
	return nil
}

// measure measures all paths in each round, so that all have the same conditions.
func (b *Bench) measure(m *measurer, publish []Publisher, publishers, rounds int) ([][]result, error) {
	results := make([][]result, len(b.Paths))
	for range rounds {
		for i, path := range b.Paths {
			r, err := m.measure(i, publish[i], publishers)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", path.Title, err)
			}
			results[i] = append(results[i], r)
		}
	}
	return results, nil
}
