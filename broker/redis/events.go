package redis

import (
	"cmp"
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/redis/rueidis"
)

const (
	// maxBatch is how many channels one SUBSCRIBE or UNSUBSCRIBE has at most.
	maxBatch = 256

	// refusedDelay is when a SUBSCRIBE is sent again that Redis has refused to renew.
	refusedDelay = time.Second
)

// events is the connection for the subscriptions of all groups. One goroutine sends
// SUBSCRIBE and UNSUBSCRIBE, one command at a time; the goroutine of rueidis that reads
// calls the hooks.
type events struct {
	client rueidis.Client
	prefix string        // of channels
	wake   chan struct{} // has an element if todo is not empty

	mu        sync.Mutex // locked before subscription.mu
	channels  map[string]*channel
	todo      map[*channel]struct{} // perhaps to be subscribed to or unsubscribed from
	lost      error                 // why the last connection was lost
	awaited   int                   // confirmations of SUBSCRIBE
	confirmed chan struct{}         // has an element if awaited has become zero
}

func newEvents(client rueidis.Client, prefix string) *events {
	return &events{
		client:    client,
		prefix:    prefix,
		wake:      make(chan struct{}, 1),
		channels:  map[string]*channel{},
		todo:      map[*channel]struct{}{},
		confirmed: make(chan struct{}, 1),
	}
}

// channelName returns the name of a group's channel.
func (e *events) channelName(group string) string { return e.prefix + group }

// run keeps the connection until ctx ends.
func (e *events) run(ctx context.Context) {
	var hooks *eventHooks
	open := func() (*conn, error) {
		hooks = &eventHooks{events: e}
		return open(ctx, e.client, rueidis.PubSubHooks{OnMessage: hooks.message, OnSubscription: hooks.confirm})
	}
	serve := func(c *conn) {
		e.begin()
		err := e.serve(ctx, c)
		hooks.end()
		e.end(err)
	}
	stayConnected(ctx, open, serve, func(error) {})
}

// serve subscribes and unsubscribes until the connection is lost, and returns why.
func (e *events) serve(ctx context.Context, c *conn) error {
	ticker := time.NewTicker(checkInterval)
	defer ticker.Stop()
	for {
		var err error
		select {
		case err := <-c.lost:
			return cmp.Or(err, errLost)
		case <-ctx.Done():
			return ctx.Err()
		case <-ticker.C:
			err = c.check(ctx)
		case <-e.wake:
			err = e.work(ctx, c)
		}
		if err != nil {
			return err
		}
	}
}

// begin marks all channels as to be subscribed to.
func (e *events) begin() {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, ch := range e.channels {
		e.addTodoLocked(ch)
	}
}

// end marks all channels as not subscribed to.
func (e *events) end(err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.lost = fmt.Errorf("redis: connection was lost: %w", err)
	for _, ch := range e.channels {
		ch.subscribed, ch.confirmed = false, false
	}
}

// addTodoLocked has serve consider a channel.
func (e *events) addTodoLocked(ch *channel) {
	e.todo[ch] = struct{}{}
	select {
	case e.wake <- struct{}{}:
	default:
	}
}

// work sends commands until there is nothing to do. It returns an error if the connection
// cannot be used any more.
func (e *events) work(ctx context.Context, c *conn) error {
	for {
		add, remove := e.next()
		if len(add) == 0 && len(remove) == 0 {
			return nil
		}
		if len(remove) > 0 {
			unsubscribe := c.client.B().Unsubscribe().Channel(remove...).Build()
			if err := c.do(ctx, unsubscribe).Error(); err != nil {
				return err
			}
		}
		if len(add) > 0 {
			if err := e.subscribe(ctx, c, add); err != nil {
				return err
			}
		}
	}
}

// next returns the names of channels to subscribe to and to unsubscribe from.
func (e *events) next() (add, remove []string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for ch := range e.todo {
		if len(add) == maxBatch || len(remove) == maxBatch {
			break
		}
		delete(e.todo, ch)
		switch wanted := len(ch.subscriptions) > 0; {
		case wanted && !ch.subscribed:
			ch.subscribed = true
			add = append(add, ch.name)
		case !wanted && ch.subscribed:
			ch.subscribed, ch.confirmed = false, false
			remove = append(remove, ch.name)
		}
		if len(ch.subscriptions) == 0 && e.channels[ch.name] == ch {
			delete(e.channels, ch.name)
		}
	}
	return add, remove
}

// subscribe sends one SUBSCRIBE and waits until Redis has confirmed all its channels. If
// Redis refuses it, subscribe tries each channel alone.
func (e *events) subscribe(ctx context.Context, c *conn, names []string) error {
	e.await(len(names))
	err := c.do(ctx, c.client.B().Subscribe().Channel(names...).Build()).Error()
	if refusal, ok := rueidis.IsRedisErr(err); ok {
		e.await(0)
		if len(names) == 1 {
			e.refuse(names[0], refusal)
			return nil
		}
		for i := range names {
			if err := e.subscribe(ctx, c, names[i:i+1]); err != nil {
				return err
			}
		}
		return nil
	}
	if err != nil {
		return err
	}
	select {
	case <-e.confirmed:
		return nil
	case err := <-c.lost:
		return cmp.Or(err, errLost)
	case <-ctx.Done():
		return ctx.Err()
	}
}

// await begins to wait for n confirmations.
func (e *events) await(n int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.awaited = n
	select {
	case <-e.confirmed: // of a connection that was lost
	default:
	}
}

// refuse is called when Redis does not let us subscribe to a channel.
func (e *events) refuse(name string, refusal error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	ch := e.channels[name]
	if ch == nil {
		return
	}
	ch.subscribed = false
	for _, s := range ch.subscriptions {
		s.refuseLocked(refusal)
	}
	// Subscriptions that were active before do not end.
	time.AfterFunc(refusedDelay, func() {
		e.mu.Lock()
		defer e.mu.Unlock()
		e.addTodoLocked(ch)
	})
}
