package load

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// usingCPU is a span of a server that uses half of a core.
func usingCPU(warmup, measure time.Duration) Span {
	start := time.Now()
	return Span{Warmup: warmup, Measure: measure, CPU: func() (time.Duration, error) { return time.Since(start) / 2, nil }}
}

func TestOnlyTheMeasuredPartCounts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bytes := 0
		watch := startStopwatch(usingCPU(time.Second, 2*time.Second))
		watch.bytes = &bytes
		for count := 0; ; count += 10 {
			bytes = 7 * count
			result, over, err := watch.tick(count)
			if err != nil {
				t.Fatal(err)
			}
			if over {
				if want := (Result{Messages: 200, Bytes: 1400, Elapsed: 2 * time.Second, CPU: time.Second}); result != want {
					t.Errorf("got %+v, want %+v", result, want)
				}
				return
			}
			time.Sleep(100 * time.Millisecond) // of the bubble's own clock
		}
	})
}

func TestAServerThatStandsStillHasStalled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		watch := startStopwatch(usingCPU(time.Hour, time.Hour))
		for range 100 {
			if _, _, err := watch.tick(7); err != nil {
				if !errors.Is(err, ErrStalled) {
					t.Error(err)
				}
				return
			}
			time.Sleep(time.Second) // of the bubble's own clock
		}
		t.Error("never noticed")
	})
}
