package nats

import (
	"cmp"
	"context"
	"fmt"
	"io"

	"github.com/handset-go/handset/group"
	natsgo "github.com/nats-io/nats.go"
)

// Options are the options of New. The zero value is valid.
type Options struct {
	// Prefix is what the subjects of the groups begin with: tokens of letters, digits, '-'
	// and '_', separated by dots. All processes that share groups have the same
	// prefix. Empty means "handset".
	Prefix string

	// PendingMessages and PendingBytes limit what is kept for a subscription while it
	// receives. If there is more, messages are dropped, which is a gap. The largest
	// message that the server accepts is always kept. Zero means 8,192 and 8 MiB.
	PendingMessages, PendingBytes int
}

const (
	defaultPrefix          = "handset"
	defaultPendingMessages = 8192
	defaultPendingBytes    = 8 << 20
	pendingMargin          = 64 << 10 // a message's subject and headers
)

// withDefaults returns options without zero values.
func (o Options) withDefaults() (Options, error) {
	o.Prefix = cmp.Or(o.Prefix, defaultPrefix)
	o.PendingMessages = cmp.Or(max(o.PendingMessages, 0), defaultPendingMessages)
	o.PendingBytes = cmp.Or(max(o.PendingBytes, 0), defaultPendingBytes)
	if !validPrefix(o.Prefix) {
		return o, fmt.Errorf("%w: %.50q", errPrefix, o.Prefix)
	}
	return o, nil
}

// A Broker is a group.Broker over the publish and subscribe of NATS, which stores nothing.
// All its methods are safe for concurrent use.
type Broker struct {
	conn    *connection
	options Options

	subscriptions subscriptions[*subscription]
}

// New returns a Broker that uses a connection, which stays open when the Broker is
// closed. Options and callbacks of the connection stay as they are. A connection that gives
// up to reconnect ends the Broker, so it should have natsgo.MaxReconnects(-1).
func New(conn *natsgo.Conn, options Options) (*Broker, error) {
	options, err := options.withDefaults()
	if err != nil {
		return nil, err
	}
	if conn == nil {
		return nil, errNil
	}
	b := &Broker{options: options}
	b.conn = open(conn, b.returned, func() { b.gap(errConnClosed) })
	return b, nil
}

// Close ends all subscriptions of the Broker and stops its goroutines. The connection stays
// open. Close must not be called from a receive function. It returns nil.
func (b *Broker) Close() error {
	for _, s := range b.subscriptions.close() {
		_ = s.Close()
	}
	b.conn.close()
	return nil
}

// Publish implements group.Broker. It waits until the server has processed the message,
// at most 10 s. If the connection is lost, it fails at once. If the error wraps
// group.ErrUnavailable, the message is not sent later. Otherwise it may have been published,
// or the nats.Conn may send it when the connection has come back.
func (b *Broker) Publish(ctx context.Context, name string, data []byte) error {
	subject := b.subject(name)
	lost, err := b.conn.send(ctx, &outgoing{subject: subject, data: data})
	if err != nil {
		return err
	}
	refusal, err := b.conn.confirm(ctx, lost, len(data))
	switch {
	case err != nil:
		return err
	case refuses(refusal, "Publish to", subject):
		return fmt.Errorf("nats: server refuses the message: %w", refusal)
	case refusal != nil:
		return fmt.Errorf("nats: server may have refused the message: %w", refusal)
	}
	return nil
}

// Subscribe implements group.Broker. It waits until the server has confirmed the
// subscription, also while there is no connection.
func (b *Broker) Subscribe(ctx context.Context, name string, receive func(group.Event)) (io.Closer, error) {
	s := &subscription{broker: b, receive: receive}
	b.subscriptions.add(s)
	sub, err := b.conn.subscribe(ctx, b.subject(name), s.handle, b.options)
	if err == nil {
		err = b.subscriptions.activate(s, sub, b.conn)
	}
	if err != nil {
		_ = s.Close()
		return nil, err
	}
	return s, nil
}

func (b *Broker) subject(name string) string { return b.options.Prefix + ".group." + token(name) }

// gap reports a gap to all subscriptions.
func (b *Broker) gap(err error) {
	for _, s := range b.subscriptions.all() {
		s.gap(err)
	}
}

// returned is called when a connection has come back, and the nats.Conn has sent the
// subscriptions again. The gap is reported when the server has confirmed them.
func (b *Broker) returned() {
	if b.conn.restored() {
		b.gap(errReconnected)
	}
}
