package redis

import (
	"context"
	"math/rand/v2"
	"time"
)

const (
	minDelay = 10 * time.Millisecond
	maxDelay = time.Second

	// lasting is how long a connection has to last so that the next one is opened at
	// once when it is lost.
	lasting = time.Second
)

// stayConnected opens connections one after another until ctx ends. It calls serve for
// each, which returns when the connection is lost or ctx has ended, and failed for each
// attempt that fails.
func stayConnected(ctx context.Context, open func() (*conn, error), serve func(*conn), failed func(error)) {
	delay := time.Duration(0)
	for ctx.Err() == nil {
		begin := time.Now()
		c, err := open()
		if err == nil {
			serve(c)
			c.close()
			if time.Since(begin) > lasting {
				delay = 0
			}
		} else {
			failed(err)
		}
		if !sleep(ctx, delay) {
			return
		}
		delay = min(max(2*delay, minDelay), maxDelay)
	}
}

// sleep waits for about a time. It reports whether ctx still lasts.
func sleep(ctx context.Context, d time.Duration) bool {
	if d > 0 {
		timer := time.NewTimer(d/2 + rand.N(d/2)) // so that many processes do not connect at once
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-ctx.Done():
		}
	}
	return ctx.Err() == nil
}
