package nats

import (
	"sync"

	natsgo "github.com/nats-io/nats.go"
)

// subscriptions are the open subscriptions of a broker. Their zero value is ready to use.
type subscriptions[S comparable] struct {
	mu     sync.Mutex
	open   map[S]*natsgo.Subscription // nil until the subscription is active
	closed bool
}

// add adds a subscription that is not active yet, so that no gap passes by.
func (l *subscriptions[S]) add(s S) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.open == nil {
		l.open = map[S]*natsgo.Subscription{}
	}
	l.open[s] = nil
}

// activate sets what has been subscribed to. If the subscription or the broker was closed
// meanwhile, it unsubscribes and returns ErrClosed.
func (l *subscriptions[S]) activate(s S, sub *natsgo.Subscription, conn *connection) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, open := l.open[s]; !open || l.closed {
		conn.unsubscribe(sub)
		return ErrClosed
	}
	l.open[s] = sub
	return nil
}

// remove removes a subscription, and unsubscribes if it is active.
func (l *subscriptions[S]) remove(s S, conn *connection) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if sub := l.open[s]; sub != nil {
		conn.unsubscribe(sub)
	}
	delete(l.open, s)
}

// all returns the subscriptions.
func (l *subscriptions[S]) all() []S {
	l.mu.Lock()
	defer l.mu.Unlock()
	list := make([]S, 0, len(l.open))
	for s := range l.open {
		list = append(list, s)
	}
	return list
}

// close lets no subscription become active any more, and returns those that there are.
func (l *subscriptions[S]) close() []S {
	l.mu.Lock()
	l.closed = true
	l.mu.Unlock()
	return l.all()
}
