package redis

import (
	"context"
	"errors"
	"time"

	"github.com/redis/rueidis"
)

const (
	// maxInFlight limits the commands of a connection that Redis has not answered. The
	// queue of rueidis has 1,024 places by default, and a command waits for a place
	// longer than its context. A command whose context has ended needs a second place.
	maxInFlight = 100

	// openTimeout limits each command that prepares or checks a connection.
	openTimeout = 10 * time.Second
)

// checkInterval is how often a connection is checked: a server that has become a replica
// may not close its connections. Tests change it.
var checkInterval = 5 * time.Second

// Errors of connections.
var (
	errCluster  = errors.New("redis: Redis Cluster is not supported")
	errReplica  = errors.New("redis: server is a replica")
	errProtocol = errors.New("redis: connection does not speak RESP3")
	errLost     = errors.New("redis: connection is closed")
	errNoRunID  = errors.New("redis: server has no run_id; see HistoryOptions.Durable")
)

// A conn is a connection to Redis that is taken from the pool of a client and that only
// this package uses. It does not connect again: what was sent by it was sent to one
// run of one server, and once.
type conn struct {
	client rueidis.DedicatedClient
	lost   <-chan error  // yields why the connection was lost, and is closed
	slots  chan struct{} // has an element for each command in flight
	run    string        // identifies the run of the server, with a history
}

// open connects to Redis.
func open(ctx context.Context, client rueidis.Client, hooks rueidis.PubSubHooks) (*conn, error) {
	dedicated, _ := client.Dedicate()
	c := &conn{
		client: dedicated,
		lost:   dedicated.SetPubSubHooks(hooks),
		slots:  make(chan struct{}, maxInFlight),
	}
	if err := c.check(ctx); err != nil {
		c.close()
		return nil, err
	}
	return c, nil
}

// check returns an error if the server cannot be used.
func (c *conn) check(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, openTimeout)
	defer cancel()
	server, err := c.do(ctx, c.client.B().Arbitrary("HELLO").Build()).AsMap()
	if err != nil {
		return err
	}
	proto, mode, role := server["proto"], server["mode"], server["role"]
	switch {
	case !isNumber(proto, 3):
		return errProtocol
	case isText(mode, "cluster"):
		return errCluster
	case !isText(role, "master"):
		return errReplica
	}
	return nil
}

func isNumber(m rueidis.RedisMessage, want int64) bool {
	n, err := m.AsInt64()
	return err == nil && n == want
}

func isText(m rueidis.RedisMessage, want string) bool {
	text, err := m.ToString()
	return err == nil && text == want
}

// do sends commands and waits for the answers until ctx ends. The commands may then have
// been sent or not, but are not sent after those whose do begins later. It returns the
// first error, or the answer to the last command.
func (c *conn) do(ctx context.Context, list ...rueidis.Completed) rueidis.RedisResult {
	if err := ctx.Err(); err != nil {
		return rueidis.NewErrorResult(err)
	}
	select {
	case c.slots <- struct{}{}:
	case <-ctx.Done():
		return rueidis.NewErrorResult(ctx.Err())
	}
	result := c.send(ctx, list)
	if result.NonRedisError() != nil && ctx.Err() != nil {
		go c.settle()
	} else {
		<-c.slots
	}
	return result
}

// send sends commands.
func (c *conn) send(ctx context.Context, list []rueidis.Completed) rueidis.RedisResult {
	if len(list) == 1 {
		return c.client.Do(ctx, list[0])
	}
	results := c.client.DoMulti(ctx, list...)
	for _, result := range results {
		if result.Error() != nil {
			return result
		}
	}
	return results[len(results)-1]
}

// settle frees the slot of a command that nobody waits for any more when Redis has
// answered it. Answers come in order.
func (c *conn) settle() {
	c.client.Do(context.Background(), c.client.B().Ping().Build())
	<-c.slots
}

// close closes the connection, so that it does not return to the pool.
func (c *conn) close() { c.client.Close() }
