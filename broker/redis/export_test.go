package redis

import "time"

// SetCheckInterval sets how often connections are checked, and returns what it was.
func SetCheckInterval(d time.Duration) time.Duration {
	old := checkInterval
	checkInterval = d
	return old
}

// Queued returns how many bytes the queues of all subscriptions have.
func (b *Broker) Queued() int64 { return b.queued.Load() }
