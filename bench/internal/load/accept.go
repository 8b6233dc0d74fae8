package load

import (
	"sync"
	"sync/atomic"
	"time"
)

// Accept shakes hands and leaves, again and again, from several clients at
// once. A message is a handshake.
type Accept struct {
	Clients int
}

// Run drives the target's /echo.
func (a Accept) Run(target Target, span Span) (Result, error) {
	var (
		clients sync.WaitGroup
		count   atomic.Int64
		over    atomic.Bool
		failed  = make(chan error, a.Clients)
	)
	for range a.Clients {
		clients.Go(func() {
			for !over.Load() {
				fd, _, err := dial(target, "/echo", dialOptions{})
				if err != nil {
					failed <- err
					return
				}
				abort(fd)
				count.Add(1)
			}
		})
	}
	defer clients.Wait()
	defer over.Store(true)

	watch := startStopwatch(span)
	clock := time.NewTicker(5 * time.Millisecond)
	defer clock.Stop()
	for {
		select {
		case err := <-failed:
			return Result{}, err
		case <-clock.C:
			if result, over, err := watch.tick(int(count.Load())); over || err != nil {
				return result, err
			}
		}
	}
}
