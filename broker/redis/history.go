package redis

import (
	"cmp"
	"context"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/redis/rueidis"

	"github.com/handset-go/handset/group"
)

// HistoryOptions are the options of a HistoryBroker. The zero value is valid. All
// processes that share groups need the same options.
type HistoryOptions struct {
	Options

	// History is the number of messages that Redis stores for each group. It may store
	// 100 more. Zero means 100.
	History int

	// Retention is how long Redis stores the messages of a group after the last
	// message, and after the last subscription has ended. After that,
	// positions of the group are of a new epoch. Zero means 5 minutes.
	//
	// The memory in use in Redis is that of History messages for each group that
	// has been used within this time.
	Retention time.Duration

	// Durable says that the server loses no message that it has accepted when it is
	// started again or another server takes over: it writes each one to disk
	// (appendfsync always) and has no replicas, or these are never behind. Positions
	// then remain valid. Without Durable, a new epoch begins, because a message
	// may be lost that nobody knows of.
	Durable bool
}

const (
	defaultMessages  = 100
	defaultRetention = 5 * time.Minute
)

// A HistoryBroker is a group.History by the pub/sub and the streams of Redis. One script
// publishes a message and appends it to the stream of the group. After the loss of the
// connection, or if a subscription was too slow, it reads what was missed from
// the stream and delivers it in order. It reports a gap only if that is not stored any more.
//
// The epoch of a group's positions is random. It is stored with the messages, and changes if
// Redis loses them, expires them, is started again, or is replaced by a replica; see
// HistoryOptions.Durable.
//
// It must be closed. All methods are safe for concurrent use.
type HistoryBroker struct {
	broker   *Broker
	messages int
	durable  bool
	keep     time.Duration // HistoryOptions.Retention
	expiry   int64         // in ms; that, and a little more
	extended extended
	reading  chan struct{} // has an element for each subscription that reads
}

// maxReading is how many subscriptions read what they have missed at the same time.
const maxReading = 8

// NewHistory returns a HistoryBroker. It uses the client as New does.
func NewHistory(client rueidis.Client, options HistoryOptions) (*HistoryBroker, error) {
	b, err := newBroker(client, options.Options, "h:") // whose messages differ from those of a Broker
	if err != nil {
		return nil, err
	}
	h := &HistoryBroker{
		broker:   b,
		messages: cmp.Or(max(options.History, 0), defaultMessages),
		durable:  options.Durable,
		keep:     cmp.Or(max(options.Retention, 0), defaultRetention),
		reading:  make(chan struct{}, maxReading),
	}
	h.expiry = max((h.keep + h.keep/extendShare).Milliseconds(), 1)
	b.history = h
	b.start(h.prepare)
	b.done.Go(h.extend)
	return h, nil
}

// prepare finds out which run of the server a connection is for.
func (b *HistoryBroker) prepare(ctx context.Context, c *conn) error {
	if b.durable {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, openTimeout)
	defer cancel()
	info, err := c.do(ctx, c.client.B().Info().Section("server").Build()).ToString()
	if err != nil {
		return err
	}
	for line := range strings.Lines(info) {
		if id, ok := strings.CutPrefix(line, "run_id:"); ok {
			c.run = strings.TrimSpace(id)
			return nil
		}
	}
	return errNoRunID
}

func (b *HistoryBroker) stateKey(group string) string  { return b.broker.options.Prefix + "e:" + group }
func (b *HistoryBroker) streamKey(group string) string { return b.broker.options.Prefix + "s:" + group }

// Publish implements group.Broker. One script appends the message to the stream of the
// group, deletes old ones, and publishes it. Otherwise it is like Broker.Publish.
func (b *HistoryBroker) Publish(ctx context.Context, name string, data []byte) error {
	if err := checkData(data); err != nil {
		return err
	}
	channel, extend := b.broker.events.channelName(name), "1"
	if b.extended.has(name, b.keep/extendShare) {
		extend = "0"
	}
	_, err := b.eval(ctx, publishScript, name, strconv.Itoa(b.messages), channel, rueidis.BinaryString(data), extend)
	if err == nil && extend == "1" {
		b.extended.add(name)
	}
	return failure("publish", err)
}

// Subscribe implements group.Broker. It returns nil when Redis has confirmed the
// subscription and the position of the newest message is known. It waits while there is no
// connection.
func (b *HistoryBroker) Subscribe(ctx context.Context, name string, receive func(group.Event)) (io.Closer, error) {
	return b.broker.Subscribe(ctx, name, receive)
}

// Close is like Broker.Close.
func (b *HistoryBroker) Close() error { return b.broker.Close() }

// Recent implements group.History. The time that messages are stored for begins again if
// the group has none.
func (b *HistoryBroker) Recent(ctx context.Context, name string, n int) ([]group.Entry, group.Position, error) {
	n = min(max(n, 0), math.MaxInt32)
	reply, err := b.eval(ctx, recentScript, name, strconv.Itoa(n))
	if err != nil {
		return nil, group.Position{}, failure("recent messages", err)
	}
	list, err := reply.AsStrSlice()
	if err != nil || len(list) < 2 {
		return nil, group.Position{}, failure("recent messages", cmp.Or(err, errReply))
	}
	at, err := position(list[0], list[1])
	if err != nil {
		return nil, group.Position{}, failure("recent messages", err)
	}
	entries, err := entries(at.Epoch, list[2:])
	slices.Reverse(entries)
	return entries, at, failure("recent messages", err)
}

// After implements group.History. It does not read all messages at once; if the oldest ones
// are deleted meanwhile, it returns group.ErrCannotResume.
func (b *HistoryBroker) After(ctx context.Context, name string, after group.Position, limit int) ([]group.Entry, error) {
	if after.Offset > maxOffset {
		return nil, group.ErrCannotResume
	}
	var all []group.Entry
	for end := uint64(0); ; {
		p, err := b.page(ctx, name, after, limit-len(all), false)
		if err != nil {
			return nil, failure("messages after a position", err)
		}
		if !p.stored {
			return nil, group.ErrCannotResume
		}
		if end == 0 {
			end = p.newest.Offset
		}
		all = append(all, p.entries...)
		if len(all) > 0 {
			after = all[len(all)-1].Position
		}
		if after.Offset >= end {
			return all, nil
		}
	}
}
