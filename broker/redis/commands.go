package redis

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/redis/rueidis"

	"github.com/handset-go/handset/group"
)

// commands is the connection for all commands but those of subscriptions, so that
// replies do not wait behind the messages of subscriptions.
type commands struct {
	client  rueidis.Client
	prepare func(context.Context, *conn) error // is called before a connection is used

	mu      sync.Mutex
	current *conn
	err     error         // why there is no connection; nil during the first attempt
	changed chan struct{} // closed when current or err changes
}

func newCommands(client rueidis.Client) *commands {
	return &commands{client: client, changed: make(chan struct{})}
}

// run keeps the connection until ctx ends.
func (c *commands) run(ctx context.Context) {
	open := func() (*conn, error) { return c.open(ctx) }
	serve := func(current *conn) {
		c.set(current, nil)
		c.serve(ctx, current)
		c.set(nil, nil)
	}
	stayConnected(ctx, open, serve, func(err error) { c.set(nil, err) })
	c.set(nil, ErrClosed)
}

// serve returns when the connection is lost or ctx has ended.
func (c *commands) serve(ctx context.Context, current *conn) {
	ticker := time.NewTicker(checkInterval)
	defer ticker.Stop()
	for {
		select {
		case <-current.lost:
			return
		case <-ctx.Done():
			return
		case <-ticker.C:
			if current.check(ctx) != nil {
				return
			}
		}
	}
}

// open returns a connection that is ready for commands.
func (c *commands) open(ctx context.Context) (*conn, error) {
	// With hooks, rueidis reads all the time and notices the loss of the connection.
	opened, err := open(ctx, c.client, rueidis.PubSubHooks{OnMessage: func(rueidis.PubSubMessage) {}})
	if err != nil {
		return nil, err
	}
	if err := c.prepare(ctx, opened); err != nil {
		opened.close()
		return nil, err
	}
	return opened, nil
}

// set sets the connection, or why there is none.
func (c *commands) set(current *conn, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.current, c.err = current, err
	close(c.changed)
	c.changed = make(chan struct{})
}

// state returns the connection or why there is none, and what is closed when that
// changes.
func (c *commands) state() (*conn, <-chan struct{}, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.current, c.changed, c.err
}

// connected returns the connection. If it has just been lost, connected waits until it
// has been opened again or that has failed, or until ctx ends.
func (c *commands) connected(ctx context.Context) (*conn, error) {
	for {
		current, changed, err := c.state()
		switch {
		case err == ErrClosed:
			return nil, err
		case err != nil:
			return nil, unavailable(err)
		case current != nil:
			return current, nil
		}
		if err := wait(ctx, changed); err != nil {
			return nil, err
		}
	}
}

// waitConnected waits until there is a connection, or ctx ends.
func (c *commands) waitConnected(ctx context.Context) error {
	for {
		current, changed, _ := c.state()
		if current != nil {
			return nil
		}
		if err := wait(ctx, changed); err != nil {
			return err
		}
	}
}

// wait waits until a channel is closed or ctx ends.
func wait(ctx context.Context, closed <-chan struct{}) error {
	select {
	case <-closed:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// do has call send a command and wait for the answer. The error wraps
// group.ErrUnavailable if the command has certainly not been executed, because no server
// can be reached that executes it.
func (c *commands) do(ctx context.Context, call func(*conn) rueidis.RedisResult) (rueidis.RedisMessage, error) {
	if err := ctx.Err(); err != nil {
		return rueidis.RedisMessage{}, err
	}
	current, err := c.connected(ctx)
	if err != nil {
		return rueidis.RedisMessage{}, err
	}
	reply, err := call(current).ToMessage()
	if refusal, ok := rueidis.IsRedisErr(err); ok && isUnavailable(refusal) {
		err = unavailable(err)
	}
	return reply, err
}

// unavailable returns an error that wraps group.ErrUnavailable.
func unavailable(err error) error { return fmt.Errorf("%w: %w", group.ErrUnavailable, err) }

// isUnavailable reports whether the answer says that the server executes no such commands
// at present. It has not executed this one.
func isUnavailable(refusal *rueidis.RedisError) bool {
	code, _, _ := strings.Cut(refusal.Error(), " ")
	return slices.Contains([]string{"BUSY", "LOADING", "MASTERDOWN", "MISCONF", "NOREPLICAS", "READONLY"}, code)
}
