package observe

import (
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/handset-go/handset/ws"
)

// Slow counts the sends that had to wait for longer than 100 ms.
type Slow struct{ Sends atomic.Int64 }

// Trace returns a Trace that logs and counts.
func (s *Slow) Trace(logger *slog.Logger) *ws.Trace {
	trace := ws.LogTrace(logger)
	trace.BackpressureEnd = func(_ *ws.Session, waited time.Duration) {
		if waited > 100*time.Millisecond {
			s.Sends.Add(1)
		}
	}
	return trace
}
