package nats

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	natsgo "github.com/nats-io/nats.go"
)

// An inbox receives the answers to all requests of a JetStream by one subscription.
type inbox struct {
	prefix string
	sub    *natsgo.Subscription

	mu      sync.Mutex
	last    uint64
	waiting map[string]chan *natsgo.Msg // by the last token of the subject
}

// newInbox makes an inbox and waits until its subscription is active.
func (c *connection) newInbox(ctx context.Context) (*inbox, error) {
	i := &inbox{prefix: c.NewInbox() + ".", waiting: map[string]chan *natsgo.Msg{}}
	var err error
	// Answers are limited by the requests.
	i.sub, err = c.subscribe(ctx, i.prefix+"*", i.handle, Options{PendingMessages: 1 << 30, PendingBytes: 1 << 30})
	return i, err
}

func (i *inbox) close() {
	if i.sub != nil {
		_ = i.sub.Unsubscribe()
	}
}

// handle passes an answer to who waits for it.
func (i *inbox) handle(m *natsgo.Msg) {
	i.mu.Lock()
	defer i.mu.Unlock()
	select {
	case i.waiting[strings.TrimPrefix(m.Subject, i.prefix)] <- m: // never, if it is nil
	default:
	}
}

// expect returns a subject for at most n answers, which arrive by the channel until
// forget is called.
func (i *inbox) expect(n int) (reply string, answers <-chan *natsgo.Msg, forget func()) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.last++
	key := strconv.FormatUint(i.last, 36)
	ch := make(chan *natsgo.Msg, n)
	i.waiting[key] = ch
	return i.prefix + key, ch, func() {
		i.mu.Lock()
		defer i.mu.Unlock()
		delete(i.waiting, key)
	}
}

// request sends a request and waits for its answer, at most for answerTimeout.
func (b *JetStream) request(ctx context.Context, subject string, data []byte) (*natsgo.Msg, error) {
	var answer *natsgo.Msg
	err := b.requestMany(ctx, &outgoing{subject: subject, data: data}, 1, func(m *natsgo.Msg) (bool, error) {
		answer = m
		return true, nil
	})
	return answer, err
}

// requestMany sends a request and calls receive for each answer until that reports true or
// an error. There are at most n answers.
func (b *JetStream) requestMany(ctx context.Context, o *outgoing, n int, receive func(*natsgo.Msg) (bool, error)) error {
	reply, answers, forget := b.inbox.expect(n)
	defer forget()
	o.reply = reply
	lost, err := b.conn.send(ctx, o)
	if err != nil {
		return err
	}
	answered := false
	defer func() { b.conn.confirmed(len(o.data), answered) }()
	timeout := time.NewTimer(answerTimeout)
	defer timeout.Stop()
	for {
		select {
		case m := <-answers:
			answered = true
			if done, err := receive(m); done || err != nil {
				return err
			}
		case <-lost:
			return errLost
		case <-b.conn.closing:
			return errLost
		case <-timeout.C:
			return b.unproved(o.subject)
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// unproved returns the error of a request without an answer, which the server may have
// refused: then it does not answer.
func (b *JetStream) unproved(subject string) error {
	if err := b.conn.LastError(); refuses(err, "Publish to", subject) {
		return fmt.Errorf("nats: server refuses the message: %w", err)
	}
	return errUnproved
}

// noResponders reports whether an answer says that nobody is there to answer.
func noResponders(m *natsgo.Msg) bool { return len(m.Data) == 0 && m.Header.Get("Status") == "503" }

var errAnswer = errors.New("nats: invalid answer of the server")
