package main

import (
	"context"
	"encoding/binary"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// A result is what one measurement has shown.
type result struct{ rate, p50, p99 float64 } // messages a second, and µs

// best returns the best figures of several rounds: other programs on the machine make
// some rounds worse.
func best(results []result) result {
	b := results[0]
	for _, r := range results {
		b = result{max(b.rate, r.rate), min(b.p50, r.p50), min(b.p99, r.p99)}
	}
	return b
}

// A clock measures the latencies of messages, which begin with the time when they are
// published. Its methods except add may be called by any goroutine.
type clock struct {
	begin     time.Time
	recording atomic.Bool
	latencies []time.Duration // belongs to the goroutine that calls add
	arrived   chan struct{}   // has an element when a message has arrived
}

// stamp writes the time into a message.
func (c *clock) stamp(data []byte) {
	binary.BigEndian.PutUint64(data, uint64(time.Since(c.begin)))
}

// add is called for each message that has arrived, by one goroutine at a time.
func (c *clock) add(data []byte) {
	latency := time.Since(c.begin) - time.Duration(binary.BigEndian.Uint64(data))
	if c.recording.Load() {
		c.latencies = append(c.latencies, latency)
	}
	select {
	case c.arrived <- struct{}{}:
	default:
	}
}

// measure measures a target for a time.
func measure(ctx context.Context, s *server, t target, publishers int, duration time.Duration, size int) (result, error) {
	c := &clock{begin: time.Now(), arrived: make(chan struct{}, 1)}
	publish, end, err := t.open(ctx, s, c.add)
	if err != nil {
		return result{}, err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var running sync.WaitGroup
	var failed atomic.Pointer[error]
	for range publishers {
		running.Go(func() {
			for ctx.Err() == nil {
				data := make([]byte, max(size, 8)) // brokers may keep it
				c.stamp(data)
				if err := publish(ctx, data); err != nil && ctx.Err() == nil {
					failed.Store(&err)
					return
				}
				if publishers == 1 {
					select {
					case <-c.arrived:
					case <-ctx.Done():
					}
				}
			}
		})
	}
	time.Sleep(duration / 10)
	c.recording.Store(true)
	time.Sleep(duration)
	c.recording.Store(false)
	cancel()
	running.Wait()
	end()
	if err := failed.Load(); err != nil {
		return result{}, *err
	}
	if len(c.latencies) == 0 {
		return result{}, errors.New("no message has arrived")
	}
	return c.result(duration), nil
}

// result sums up. Nothing arrives any more.
func (c *clock) result(duration time.Duration) result {
	slices.Sort(c.latencies)
	at := func(share float64) float64 {
		return float64(c.latencies[int(share*float64(len(c.latencies)-1))]) / 1e3
	}
	return result{float64(len(c.latencies)) / duration.Seconds(), at(0.5), at(0.99)}
}
