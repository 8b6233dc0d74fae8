package nats

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/handset-go/handset/group"
	natsgo "github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// maxBatch is how many messages are requested at once.
const maxBatch = 256

// A stored is a message as the stream stores it.
type stored struct {
	sequence uint64
	data     []byte
}

// info returns the state of the stream, from its leader.
func (b *JetStream) info(ctx context.Context) (*jetstream.StreamInfo, error) {
	var answer struct {
		*jetstream.StreamInfo
		Error *jetstream.APIError `json:"error"`
	}
	if err := b.api(ctx, "STREAM.INFO.", nil, &answer); err != nil {
		return nil, err
	}
	if answer.Error != nil {
		return nil, fmt.Errorf("nats: %w", answer.Error)
	}
	if answer.StreamInfo == nil {
		return nil, errAnswer
	}
	return answer.StreamInfo, nil
}

// lastSequence returns the sequence of a group's newest message, from the leader of the
// stream, or 0 if there is none.
func (b *JetStream) lastSequence(ctx context.Context, name string) (uint64, error) {
	var answer struct {
		Message *struct {
			Sequence uint64 `json:"seq"`
		} `json:"message"`
		Error *jetstream.APIError `json:"error"`
	}
	request := map[string]any{"last_by_subj": b.stored(name), "no_hdr": true}
	err := b.api(ctx, "STREAM.MSG.GET.", request, &answer)
	const notFound = 10037 // JSNoMessageFoundErr
	switch {
	case err != nil:
		return 0, err
	case answer.Error != nil && answer.Error.ErrorCode == notFound:
		return 0, nil
	case answer.Error != nil:
		return 0, fmt.Errorf("nats: %w", answer.Error)
	case answer.Message == nil:
		return 0, errAnswer
	}
	return answer.Message.Sequence, nil
}

// api makes a request of the JetStream API that has one answer, in JSON.
func (b *JetStream) api(ctx context.Context, method string, request, answer any) error {
	var data []byte
	if request != nil {
		data, _ = json.Marshal(request)
	}
	m, err := b.request(ctx, "$JS.API."+method+b.options.Stream, data)
	switch {
	case err != nil:
		return err
	case noResponders(m):
		return errNoConn
	case json.Unmarshal(m.Data, answer) != nil:
		return errAnswer
	}
	return nil
}

// batch calls receive for the messages of a group from a sequence on, in order, at most n
// and at most maxBatch. It returns how many more there are.
func (b *JetStream) batch(ctx context.Context, name string, from uint64, n int, receive func(stored)) (more int, err error) {
	n = min(n, maxBatch)
	request, _ := json.Marshal(map[string]any{"seq": max(from, 1), "next_by_subj": b.stored(name), "batch": n})
	var last uint64
	err = b.requestMany(ctx, &outgoing{subject: "$JS.API.DIRECT.GET." + b.options.Stream, data: request}, n+1, func(m *natsgo.Msg) (bool, error) {
		previous, _ := strconv.ParseUint(m.Header.Get("Nats-Last-Sequence"), 10, 64)
		switch status := m.Header.Get("Status"); {
		case status == "404":
			return true, nil
		case status == "204" && previous == last:
			more, err = strconv.Atoi(m.Header.Get("Nats-Num-Pending"))
			return true, err
		case noResponders(m):
			return true, errNoConn
		case status != "" || previous != last:
			return true, fmt.Errorf("%w: %v", errAnswer, m.Header)
		}
		last, err = strconv.ParseUint(m.Header.Get("Nats-Sequence"), 10, 64)
		receive(stored{last, m.Data})
		return false, err
	})
	return more, err
}

// await waits until the server that is the leader of the stream knows the subscriptions that
// another server of the cluster has confirmed, so that what it publishes arrives. It sends
// a message that the leader refuses, because it is for another stream: the servers forward
// it after the subscriptions.
func (b *JetStream) await(ctx context.Context, name string) error {
	header := natsgo.Header{"Nats-Expected-Stream": {b.options.Stream + "-none"}}
	return b.requestMany(ctx, &outgoing{subject: b.stored(name), header: header}, 1, func(m *natsgo.Msg) (bool, error) {
		if noResponders(m) {
			return true, errNoConn
		}
		return true, nil
	})
}

// epoch returns the epoch of the positions in a stream, which is when it was made.
func epoch(info *jetstream.StreamInfo) string { return strconv.FormatInt(info.Created.UnixNano(), 36) }

// entry returns a stored message as an entry.
func (m stored) entry(epoch string) group.Entry {
	return group.Entry{Data: m.data, Position: group.Position{Epoch: epoch, Offset: m.sequence}}
}
