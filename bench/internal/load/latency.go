package load

import (
	"fmt"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// Latency sends at a fixed rate, whether the server keeps up or not: the
// messages are due at times laid down beforehand, and an echo's latency is
// counted from when its message was due, not from when it could be sent. So a
// server that stands still for a while is charged for all the messages that
// should have been sent meanwhile (no coordinated omission).
type Latency struct {
	Conns int
	Rate  int // messages per second, over all connections in turn
	Tape  TapeSpec
}

// The histogram holds 1 µs to 10 s in three significant digits.
const (
	lowestLatency  = int64(time.Microsecond)
	highestLatency = int64(10 * time.Second)
	digits         = 3
)

// Run drives the target's /echo. Latencies are in nanoseconds.
func (l Latency) Run(target Target, span Span) (Result, *hdrhistogram.Histogram, error) {
	crowd, err := openCrowd(target, "/echo", NewTape(l.Tape), l.Conns, 1)
	if err != nil {
		return Result{}, nil, err
	}
	defer crowd.close()
	crowd.wait = 0 // even on a shared core: to sleep is to be late
	return l.play(crowd, span)
}

func (l Latency) play(crowd *crowd, span Span) (Result, *hdrhistogram.Histogram, error) {
	histogram := hdrhistogram.New(lowestLatency, highestLatency, digits)
	schedule := schedule{start: time.Now(), gap: time.Second / time.Duration(l.Rate), conns: l.Conns}
	var (
		answered = make([]int, l.Conns)
		sent     = 0
		count    = 0
	)
	watch := crowd.watch(span)
	arrived := func(i, messages int) error {
		now := time.Now()
		count += messages
		for range messages {
			due := schedule.due(schedule.number(i, answered[i]))
			answered[i]++
			if !watch.warm || due.Before(watch.start) {
				continue
			}
			if err := histogram.RecordValue(int64(now.Sub(due))); err != nil {
				return fmt.Errorf("load: %w", err)
			}
		}
		return nil
	}
	var result Result
	// Once the span is over no more is sent, but all that was is waited for:
	// what comes late must not be left out.
	for over := false; !over || count < sent; {
		for ; !over && !time.Now().Before(schedule.due(sent)); sent++ {
			if err := crowd.conns[schedule.conn(sent)].send(1); err != nil {
				return Result{}, nil, err
			}
		}
		err := crowd.next(arrived)
		if err == nil && !over {
			result, over, err = watch.tick(count)
		} else if err == nil {
			_, _, err = watch.tick(count)
		}
		if err != nil {
			return Result{}, nil, err
		}
	}
	return result, histogram, nil
}

// schedule says when each message is due, and on which connection.
type schedule struct {
	start time.Time
	gap   time.Duration
	conns int
}

func (s schedule) due(message int) time.Time { return s.start.Add(time.Duration(message) * s.gap) }
func (s schedule) conn(message int) int      { return message % s.conns }

// number is which of all messages is number i of a connection.
func (s schedule) number(conn, i int) int { return i*s.conns + conn }
