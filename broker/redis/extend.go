package redis

import (
	"context"
	"time"

	"github.com/redis/rueidis"
)

// extendBatch is for how many groups one pipeline of commands is.
const extendBatch = 64

// extend extends the time that Redis stores the messages of the groups that have a
// subscription, until the Broker is closed.
func (b *HistoryBroker) extend() {
	ticker := time.NewTicker(max(b.keep/3, time.Millisecond))
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			b.extendAll(b.ctx)
		case <-b.ctx.Done():
			return
		}
	}
}

// extendAll extends the time of all groups that have a subscription.
func (b *HistoryBroker) extendAll(ctx context.Context) {
	groups := b.events.groups()
	for len(groups) > 0 {
		batch := groups[:min(extendBatch, len(groups))]
		groups = groups[len(batch):]
		// If it fails, a new epoch begins for some, which is noticed as in all cases.
		_, _ = b.commands.do(ctx, func(c *conn) rueidis.RedisResult {
			var list []rueidis.Completed
			for _, group := range batch {
				for _, key := range []string{b.stateKey(group), b.streamKey(group)} {
					list = append(list, c.client.B().Pexpire().Key(key).Milliseconds(b.keep.Milliseconds()).Build())
				}
			}
			return c.do(ctx, list...)
		})
	}
}
