package nats

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/handset-go/handset/group"
	natsgo "github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// JetStreamOptions are the options of NewJetStream. The zero value is valid.
type JetStreamOptions struct {
	// Options are those of subscriptions. Two streams must not have the same Prefix.
	Options

	// Stream is the name of the stream. Empty means "handset".
	Stream string

	// History, MaxAge, Storage and Replicas are those of a stream that NewJetStream makes;
	// a stream that exists keeps its own. History is the number of messages that are
	// stored for each group; zero means 100. MaxAge is how long a message is stored; zero
	// means an hour, and it should not be less than a minute. The default storage is
	// jetstream.FileStorage. Zero replicas mean one.
	History  int
	MaxAge   time.Duration
	Storage  jetstream.StorageType
	Replicas int
}

const (
	defaultHistory = 100
	defaultMaxAge  = time.Hour
)

// A JetStream is a group.Broker with a group.History: a stream of JetStream stores the
// messages of all groups. All its methods are safe for concurrent use.
//
// The server stores a message and then publishes it again, with its sequence in the stream
// and that of the message of the group before it. A subscription that misses messages notices
// it and reads them from the stream. A gap is reported only if they are no longer there.
type JetStream struct {
	conn    *connection
	options JetStreamOptions
	inbox   *inbox
	ctx     context.Context // ends with Close
	cancel  context.CancelFunc
	reading chan struct{} // limits how many subscriptions read from the stream at the same time

	subscriptions subscriptions[*streamSubscription]
}

// maxReading is how many subscriptions read from the stream at the same time.
const maxReading = 16

// NewJetStream returns a JetStream that uses a connection, as New does. It makes the stream,
// or checks one that exists, and waits for that, at most until ctx ends. The server must
// be of version 2.11 or later.
func NewJetStream(ctx context.Context, conn *natsgo.Conn, options JetStreamOptions) (*JetStream, error) {
	var err error
	options.Options, err = options.Options.withDefaults()
	if err != nil {
		return nil, err
	}
	if conn == nil {
		return nil, errNil
	}
	options.Stream = cmp.Or(options.Stream, defaultPrefix)
	options.History = cmp.Or(options.History, defaultHistory)
	options.MaxAge = cmp.Or(options.MaxAge, defaultMaxAge)
	if err := openStream(ctx, conn, &options); err != nil {
		return nil, err
	}
	b := &JetStream{options: options, reading: make(chan struct{}, maxReading)}
	b.ctx, b.cancel = context.WithCancel(context.Background())
	b.conn = open(conn, b.returned, b.ended)
	if b.inbox, err = b.conn.newInbox(ctx); err != nil {
		_ = b.Close()
		return nil, err
	}
	b.conn.tasks.Go(b.checkAll)
	return b, nil
}

// Close ends all subscriptions of the JetStream and stops its goroutines. The connection and
// the stream stay. Close must not be called from a receive function. It returns nil.
func (b *JetStream) Close() error {
	b.cancel()
	for _, s := range b.subscriptions.close() {
		_ = s.Close()
	}
	b.conn.close()
	if b.inbox != nil {
		b.inbox.close()
	}
	return nil
}

// Publish implements group.Broker. It waits until the stream has stored the message, at most
// 10 s. If the connection is lost, it fails at once.
func (b *JetStream) Publish(ctx context.Context, name string, data []byte) error {
	subject := b.stored(name)
	answer, err := b.request(ctx, subject, data)
	if err != nil {
		return err
	}
	if noResponders(answer) {
		return fmt.Errorf("nats: there is no stream: %w", group.ErrUnavailable)
	}
	var ack struct {
		Sequence uint64              `json:"seq"`
		Error    *jetstream.APIError `json:"error"`
	}
	if err := json.Unmarshal(answer.Data, &ack); err != nil || ack.Sequence == 0 && ack.Error == nil {
		return fmt.Errorf("nats: invalid answer to a published message: %.100q", answer.Data)
	}
	return storeError(ack.Error)
}

// storeError returns the error of a message that the stream has not stored.
func storeError(err *jetstream.APIError) error {
	const tooLarge = 10054 // JSStreamMessageExceedsMaximumErr
	switch {
	case err == nil:
		return nil
	case err.ErrorCode == tooLarge:
		return fmt.Errorf("nats: %w: %w", group.ErrTooLarge, err)
	}
	return fmt.Errorf("nats: the stream refuses the message: %w", err)
}

// Subscribe implements group.Broker. It waits until the server has confirmed the
// subscription, also while there is no connection.
func (b *JetStream) Subscribe(ctx context.Context, name string, receive func(group.Event)) (io.Closer, error) {
	s := &streamSubscription{broker: b, name: name, receive: receive, behind: true}
	b.subscriptions.add(s)
	sub, err := b.conn.subscribe(ctx, b.live(name), s.handle, b.options.Options)
	if err == nil {
		err = s.begin(ctx, sub)
	}
	if err != nil {
		_ = s.Close()
		return nil, err
	}
	return s, nil
}

// stored returns the subject of a group that is published to, and stored.
func (b *JetStream) stored(name string) string { return b.options.Prefix + ".stored." + token(name) }

// live returns the subject of a group that the server publishes to.
func (b *JetStream) live(name string) string { return b.options.Prefix + ".live." + token(name) }

// returned is called when a connection has come back. When the server has confirmed the
// subscriptions, these read what they have missed.
func (b *JetStream) returned() {
	if b.conn.restored() {
		for _, s := range b.subscriptions.all() {
			s.fallBehind()
		}
	}
}

// ended is called when the connection has been closed.
func (b *JetStream) ended() {
	for _, s := range b.subscriptions.all() {
		s.gap(errConnClosed)
	}
}
