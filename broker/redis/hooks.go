package redis

import (
	"sync/atomic"

	"github.com/redis/rueidis"
)

// eventHooks are the functions that rueidis calls for one connection of events, one at a
// time and in the order of the connection.
type eventHooks struct {
	events *events
	conn   atomic.Pointer[conn]
}

// confirm is called when Redis has confirmed that a channel is subscribed to or not any more.
func (h *eventHooks) confirm(confirmation rueidis.PubSubSubscription) {
	e := h.events
	e.mu.Lock()
	defer e.mu.Unlock()
	if confirmation.Kind != "subscribe" || h.conn.Load() != e.current {
		return
	}
	if ch := e.channels[confirmation.Channel]; ch != nil {
		ch.confirmed = true
		for _, s := range ch.subscriptions {
			s.activateLocked(e.lost)
		}
	}
	if e.awaited--; e.awaited == 0 {
		e.confirmed <- struct{}{}
	}
}

// message is called for each message.
func (h *eventHooks) message(m rueidis.PubSubMessage) {
	for _, s := range h.subscriptions(m.Channel) {
		s.push(item{data: m.Message})
	}
}

// subscriptions returns the subscriptions of a channel if it is confirmed.
func (h *eventHooks) subscriptions(name string) []*subscription {
	e := h.events
	e.mu.Lock()
	defer e.mu.Unlock()
	ch := e.channels[name]
	if ch == nil || !ch.confirmed || h.conn.Load() != e.current {
		return nil
	}
	return ch.subscriptions
}
