package soak

import (
	"context"
	"io"
	"iter"
	"time"

	"github.com/handset-go/handset/ws"
)

// A view is a way to receive.
type view struct {
	name     string
	drops    bool // after Close on this side, which may be between two calls of Recv, it may drop all that arrives
	gaps     bool // after Close on this side, it may drop some of what arrives
	messages func(*half) iter.Seq2[ws.Message, error]
}

var views = []*view{
	{"Recv", true, false, func(h *half) iter.Seq2[ws.Message, error] { return received(h.stream.Recv, h.session.Context()) }},
	{"All", false, false, func(h *half) iter.Seq2[ws.Message, error] { return h.stream.All(context.Background()) }},
	{"Chan", true, true, func(h *half) iter.Seq2[ws.Message, error] { return fromChannel(h.stream.Chan(), h.stream.Err) }},
	{"Aggregate Recv", true, false, func(h *half) iter.Seq2[ws.Message, error] {
		return received(h.stream.Aggregate(maxPayload).Recv, context.Background())
	}},
	{"Aggregate All", false, false, func(h *half) iter.Seq2[ws.Message, error] {
		return h.stream.Aggregate(maxPayload).All(h.session.Context())
	}},
	{"Aggregate Chan", true, true, func(h *half) iter.Seq2[ws.Message, error] {
		a := h.stream.Aggregate(maxPayload)
		return fromChannel(a.Chan(), a.Err)
	}},
	{"Recv with contexts that end", true, false, func(h *half) iter.Seq2[ws.Message, error] {
		return interrupted(h.pace, h.stream.Recv)
	}},
	{"Aggregate Recv with contexts that end", true, false, func(h *half) iter.Seq2[ws.Message, error] {
		return interrupted(h.pace, h.stream.Aggregate(maxPayload).Recv)
	}},
}

// aggregated is a view of whole messages.
var aggregated = views[4]

// received calls receive until the stream ends.
func received(receive func(context.Context) (ws.Message, error), ctx context.Context) iter.Seq2[ws.Message, error] {
	return func(yield func(ws.Message, error) bool) {
		for {
			msg, err := receive(ctx)
			if err == io.EOF || !yield(msg, err) || err != nil {
				return
			}
		}
	}
}

// interrupted is received with contexts that end soon.
func interrupted(pace *pace, receive func(context.Context) (ws.Message, error)) iter.Seq2[ws.Message, error] {
	return func(yield func(ws.Message, error) bool) {
		for n := 0; ; n++ {
			ctx, cancel := context.WithTimeout(context.Background(), pace.of(time.Duration(n%8)*100*time.Millisecond))
			msg, err := receive(ctx)
			timedOut := err != nil && err == ctx.Err()
			cancel()
			switch {
			case timedOut:
			case err == io.EOF, !yield(msg, err), err != nil:
				return
			}
		}
	}
}

// fromChannel receives from a channel until it is closed.
func fromChannel(messages <-chan ws.Message, failure func() error) iter.Seq2[ws.Message, error] {
	return func(yield func(ws.Message, error) bool) {
		for msg := range messages {
			if !yield(msg, nil) {
				return
			}
		}
		if err := failure(); err != nil {
			yield(ws.Message{}, err)
		}
	}
}
