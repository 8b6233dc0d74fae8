package redis

import (
	"context"
	"sync"
	"time"

	"github.com/redis/rueidis"
)

const (
	// extendBatch is the number of groups in one pipeline of commands.
	extendBatch = 64

	// Redis keeps messages for HistoryOptions.Retention and one extendShare-th of it
	// more. A publish need not begin the retention again if another one has done so
	// within this extra time.
	extendShare = 8
)

// extended are the groups whose retention this process has begun again lately by a publish.
type extended struct {
	mu     sync.Mutex
	since  time.Time
	groups map[string]struct{}
}

// has reports whether the retention of a group has begun again within a time.
func (e *extended) has(group string, within time.Duration) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if now := time.Now(); now.Sub(e.since) > within {
		e.since = now
		e.groups = map[string]struct{}{}
	}
	_, ok := e.groups[group]
	return ok
}

// add adds a group.
func (e *extended) add(group string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.groups[group] = struct{}{}
}

// extend extends the time that Redis stores the messages of the groups that have a
// subscription, until the Broker is closed.
func (b *HistoryBroker) extend() {
	ticker := time.NewTicker(max(b.keep/3, 10*time.Millisecond))
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			b.extendAll(b.broker.ctx)
		case <-b.broker.ctx.Done():
			return
		}
	}
}

// extendAll extends the time of all groups that have a subscription.
func (b *HistoryBroker) extendAll(ctx context.Context) {
	groups := b.broker.events.groups()
	for len(groups) > 0 {
		batch := groups[:min(extendBatch, len(groups))]
		groups = groups[len(batch):]
		// If it fails, a new epoch begins for some, which is noticed as in all cases.
		_, _ = b.broker.commands.do(ctx, func(c *conn) rueidis.RedisResult {
			var list []rueidis.Completed
			for _, group := range batch {
				for _, key := range []string{b.stateKey(group), b.streamKey(group)} {
					list = append(list, c.client.B().Pexpire().Key(key).Milliseconds(b.expiry).Build())
				}
			}
			return c.do(ctx, list...)
		})
	}
}
