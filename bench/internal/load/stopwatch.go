package load

import "time"

// Span is how long to drive a server, and how to read what it has used.
type Span struct {
	Warmup  time.Duration
	Measure time.Duration
	CPU     func() (time.Duration, error) // of the server, so far
	Shared  bool                          // the load has no core of its own, so it must not spin
	Began   func()                        // called as the measured part begins; may be nil
}

// Result is what a server did in the measured part of a span.
type Result struct {
	Messages int
	Bytes    int // that the server sent for them
	Elapsed  time.Duration
	CPU      time.Duration
}

// stopwatch cuts the measured part out of a running count of messages.
type stopwatch struct {
	span     Span
	start    time.Time // of the part under way
	count    int       // messages when it started
	bytes    *int      // read so far; nil if nobody counts them
	read     int       // of these when it started
	cpu      time.Duration
	warm     bool
	progress time.Time // when the count last grew
	last     int
}

func startStopwatch(span Span) *stopwatch {
	now := time.Now()
	return &stopwatch{span: span, start: now, progress: now}
}

// tick receives the count so far, and reports when the span is over.
func (s *stopwatch) tick(count int) (result Result, over bool, err error) {
	now := time.Now()
	if count > s.last {
		s.last, s.progress = count, now
	} else if now.Sub(s.progress) > stallLimit {
		return Result{}, true, ErrStalled
	}
	switch elapsed := now.Sub(s.start); {
	case !s.warm && elapsed >= s.span.Warmup:
		return Result{}, false, s.begin(count)
	case s.warm && elapsed >= s.span.Measure && count > s.count: // a rate of nothing tells nothing
		cpu, err := s.span.CPU()
		return Result{Messages: count - s.count, Bytes: s.bytesRead() - s.read, Elapsed: elapsed, CPU: cpu - s.cpu}, true, err
	}
	return Result{}, false, nil
}

func (s *stopwatch) begin(count int) (err error) {
	if s.span.Began != nil {
		s.span.Began()
	}
	s.cpu, err = s.span.CPU()
	s.warm, s.start, s.count, s.read = true, time.Now(), count, s.bytesRead()
	return err
}

func (s *stopwatch) bytesRead() int {
	if s.bytes == nil {
		return 0
	}
	return *s.bytes
}
