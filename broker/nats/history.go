package nats

import (
	"context"
	"math"
	"time"

	"github.com/handset-go/handset/group"
	"github.com/nats-io/nats.go/jetstream"
)

// retryDelay is the time before the stream is read again because a replica that has
// answered is behind.
const retryDelay = 20 * time.Millisecond

// Recent implements group.History. It reads all stored messages of the group.
func (b *JetStream) Recent(ctx context.Context, name string, n int) ([]group.Entry, group.Position, error) {
	info, err := b.info(ctx)
	if err != nil {
		return nil, group.Position{}, err
	}
	newest := group.Position{Epoch: epoch(info), Offset: info.State.LastSeq}
	messages, err := b.read(ctx, name, info, 0, math.MaxInt, max(n, 1))
	if err != nil {
		return nil, group.Position{}, err
	}
	if len(messages) > 0 {
		newest.Offset = messages[len(messages)-1].sequence
	}
	if n <= 0 {
		messages = nil
	}
	return entries(messages, newest.Epoch), newest, nil
}

// After implements group.History. Positions are sequences of a stream that all groups share,
// so nothing shows how many messages of the group are missing. If the message at the position
// is no longer stored, After therefore also returns group.ErrCannotResume if as many messages
// of the group as the stream keeps follow it, or if the stream has deleted later messages
// because of their age.
func (b *JetStream) After(ctx context.Context, name string, after group.Position, limit int) ([]group.Entry, error) {
	messages, _, err := b.after(ctx, name, after, limit)
	if err != nil {
		return nil, err
	}
	return entries(messages, after.Epoch), nil
}

// after returns the messages after a position, and the state of the stream when they had
// been read.
func (b *JetStream) after(ctx context.Context, name string, after group.Position, limit int) ([]stored, *jetstream.StreamInfo, error) {
	info, err := b.info(ctx)
	if err != nil {
		return nil, nil, err
	}
	if epoch(info) != after.Epoch || after.Offset > info.State.LastSeq {
		return nil, info, group.ErrCannotResume
	}
	limit = min(max(limit, 0), math.MaxInt-2)
	messages, err := b.read(ctx, name, info, after.Offset, limit+2, limit+2) // with the message at the position
	if err != nil {
		return nil, nil, err
	}
	info, err = b.info(ctx) // nothing that it says is stored has been deleted when it was read
	if err != nil {
		return nil, nil, err
	}
	there := len(messages) > 0 && messages[0].sequence == after.Offset
	if there {
		messages = messages[1:]
	}
	all := there || info.State.FirstSeq <= after.Offset+1 && len(messages) < int(info.Config.MaxMsgsPerSubject)
	if epoch(info) != after.Epoch || !all || len(messages) > limit {
		return nil, info, group.ErrCannotResume
	}
	return messages, info, nil
}

// read returns the messages of a group from a sequence on, at most n, and of these the last
// ones. If there are replicas, one that is behind may answer: then it reads again.
func (b *JetStream) read(ctx context.Context, name string, info *jetstream.StreamInfo, from uint64, n, last int) ([]stored, error) {
	var newest uint64
	if info.Config.Replicas > 1 {
		var err error
		if newest, err = b.lastSequence(ctx, name); err != nil {
			return nil, err
		}
	}
	for {
		messages, err := b.readOnce(ctx, name, from, n, last)
		if err != nil || newest == 0 || newest < from || len(messages) >= n || len(messages) > 0 && messages[len(messages)-1].sequence >= newest {
			return messages, err
		}
		select {
		case <-time.After(retryDelay):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// readOnce is read from any replica.
func (b *JetStream) readOnce(ctx context.Context, name string, from uint64, n, last int) (messages []stored, err error) {
	for more := 1; more > 0 && n > 0; {
		count := 0
		more, err = b.batch(ctx, name, from, n, func(m stored) {
			messages = append(messages, m)
			from = m.sequence + 1
			count++
		})
		if err != nil || count == 0 {
			return messages, err
		}
		n -= count
		if len(messages) > last {
			messages = append(messages[:0], messages[len(messages)-last:]...)
		}
	}
	return messages, nil
}

// entries returns messages as entries.
func entries(messages []stored, epoch string) []group.Entry {
	list := make([]group.Entry, len(messages))
	for i, m := range messages {
		list[i] = m.entry(epoch)
	}
	return list
}
