package redis

import (
	"sync"

	"github.com/redis/rueidis"
)

// eventHooks are the functions that rueidis calls for one connection of events, one at a
// time and in the order of the connection.
type eventHooks struct {
	events *events

	mu    sync.Mutex // locked before events.mu
	ended bool       // another connection may follow, so nothing more is delivered
}

// end returns when the hooks have no more effect.
func (h *eventHooks) end() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.ended = true
}

// message is called for each message.
func (h *eventHooks) message(m rueidis.PubSubMessage) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.ended {
		return
	}
	for _, s := range h.events.confirmedSubscriptions(m.Channel) {
		s.push(item{data: m.Message})
	}
}

// confirm is called when Redis has confirmed that a channel is subscribed to or not any more.
func (h *eventHooks) confirm(confirmation rueidis.PubSubSubscription) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.ended && confirmation.Kind == "subscribe" {
		h.events.confirm(confirmation.Channel)
	}
}
