package redis

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"

	"github.com/redis/rueidis"

	"github.com/handset-go/handset/group"
)

// Options are the options of a Broker. The zero value is valid.
type Options struct {
	// Prefix begins the names of all channels and keys in Redis. Programs that use
	// the same server for different groups need different prefixes, even in
	// different databases of the server, because these share their channels.
	// Empty means "handset:".
	Prefix string

	// PendingBytes is how many bytes of messages a subscription stores while its
	// receive function runs. Further messages are dropped, which is a gap.
	// Zero means 8 MiB.
	PendingBytes int

	// TotalPendingBytes is the limit for all subscriptions of the Broker together. Each
	// subscription may exceed it by 64 KiB or one message, so that slow ones do not
	// affect others. Zero means 64 MiB.
	TotalPendingBytes int
}

const (
	defaultPrefix            = "handset:"
	defaultPendingBytes      = 8 << 20
	defaultTotalPendingBytes = 64 << 20

	// maxData limits the data of a message. Redis closes the connections that a
	// message of 32 MiB is for, by default.
	maxData = 16 << 20
)

// Errors of brokers.
var (
	// ErrClosed is returned after Close. It wraps group.ErrUnavailable.
	ErrClosed = fmt.Errorf("redis: broker is closed: %w", group.ErrUnavailable)

	errNoClient = errors.New("redis: client is nil")
)

// A Broker is a group.Broker by the pub/sub of Redis. It stores nothing in Redis. Its
// methods are safe for concurrent use. It must be closed.
//
// Messages of all processes have one order for each group. They are lost when the
// connection to Redis is lost; a gap is then reported when the subscription is
// active again.
type Broker struct {
	options  Options
	commands *commands
	events   *events
	history  *HistoryBroker // nil if there is none
	queued   atomic.Int64   // bytes in the queues of all subscriptions

	ctx    context.Context // cancelled by Close
	cancel context.CancelFunc
	done   sync.WaitGroup // the goroutines that keep the connections
}

// New returns a Broker that uses two connections of a client's pool, both for any
// number of groups. It connects in the background, again and again if it has to; the
// server may be absent. The client's options say where the server is, how to
// authenticate, whether to use TLS or Sentinel, and how soon the loss of a connection
// is noticed: after ConnWriteTimeout, 10 s by default, and Dialer.KeepAlive.
//
// New returns an error if the client is that of a Redis Cluster.
func New(client rueidis.Client, options Options) (*Broker, error) {
	b, err := newBroker(client, options, "p:")
	if err != nil {
		return nil, err
	}
	b.start(func(context.Context, *conn) error { return nil })
	return b, nil
}

// newBroker returns a Broker that has not been started. Its channels have a second prefix.
func newBroker(client rueidis.Client, options Options, channels string) (*Broker, error) {
	if client == nil {
		return nil, errNoClient
	}
	if client.Mode() == rueidis.ClientModeCluster {
		return nil, errCluster
	}
	b := &Broker{options: options}
	b.options.Prefix = cmp.Or(options.Prefix, defaultPrefix)
	b.options.PendingBytes = cmp.Or(max(options.PendingBytes, 0), defaultPendingBytes)
	b.options.TotalPendingBytes = cmp.Or(max(options.TotalPendingBytes, 0), defaultTotalPendingBytes)
	b.ctx, b.cancel = context.WithCancel(context.Background())
	b.commands = newCommands(client)
	b.events = newEvents(client, b.options.Prefix+channels)
	return b, nil
}

// start starts to connect.
func (b *Broker) start(prepare func(context.Context, *conn) error) {
	b.commands.prepare = prepare
	b.done.Go(func() { b.commands.run(b.ctx) })
	b.done.Go(func() { b.events.run(b.ctx) })
}

// Close ends all subscriptions and the connections of the Broker, which takes a second
// at most if Redis does not answer, or as long as the client tries to connect. It does
// not close the client. It returns nil.
func (b *Broker) Close() error {
	b.cancel()
	b.done.Wait()
	for _, s := range b.events.all() {
		_ = s.Close()
	}
	return nil
}

// Publish implements group.Broker. It sends one PUBLISH and waits for the answer. It
// returns an error that wraps group.ErrUnavailable at once if there is no connection
// and the last attempt to connect has failed.
//
// The data may have 16 MiB; more is group.ErrTooLarge. After another error, such as the
// end of ctx or the loss of the connection, the message may have been published. It
// is not published twice: neither this package nor rueidis sends it again.
func (b *Broker) Publish(ctx context.Context, name string, data []byte) error {
	if err := checkData(data); err != nil {
		return err
	}
	_, err := b.commands.do(ctx, func(c *conn) rueidis.RedisResult {
		publish := c.client.B().Publish().Channel(b.events.channelName(name)).Message(rueidis.BinaryString(data))
		return c.do(ctx, publish.Build())
	})
	return failure("publish", err)
}

// checkData returns an error for data that is too large for a message.
func checkData(data []byte) error {
	if len(data) > maxData {
		return fmt.Errorf("redis: publish: %w: %d bytes, the limit is %d", group.ErrTooLarge, len(data), maxData)
	}
	return nil
}

// Subscribe implements group.Broker. It returns nil when Redis has confirmed the
// subscription. It waits while there is no connection.
func (b *Broker) Subscribe(ctx context.Context, name string, receive func(group.Event)) (io.Closer, error) {
	s := newSubscription(b, name, receive)
	b.events.add(s)
	var err error
	select {
	case err = <-s.ready:
	case <-ctx.Done():
		err = ctx.Err()
	case <-b.ctx.Done():
		err = ErrClosed
	}
	if err != nil {
		s.Close()
		return nil, failure("subscribe", err)
	}
	return s, nil
}

// failure returns an error with a prefix, or nil.
func failure(what string, err error) error {
	if err == nil || err == ErrClosed {
		return err
	}
	return fmt.Errorf("redis: %s: %w", what, err)
}
