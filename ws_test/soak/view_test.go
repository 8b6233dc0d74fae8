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
	drops    bool // it may drop what arrives after the session was closed on this side
	messages func(*half) iter.Seq2[ws.Message, error]
}

var views = []*view{
	{"Recv", false, func(h *half) iter.Seq2[ws.Message, error] { return received(h.stream.Recv, h.session.Context()) }},
	{"All", false, func(h *half) iter.Seq2[ws.Message, error] { return h.stream.All(context.Background()) }},
	{"Chan", true, func(h *half) iter.Seq2[ws.Message, error] { return fromChannel(h.stream.Chan(), h.stream.Err) }},
	{"Aggregate Recv", false, func(h *half) iter.Seq2[ws.Message, error] {
		return received(h.stream.Aggregate(maxPayload).Recv, context.Background())
	}},
	{"Aggregate All", false, func(h *half) iter.Seq2[ws.Message, error] {
		return h.stream.Aggregate(maxPayload).All(h.session.Context())
	}},
	{"Aggregate Chan", true, func(h *half) iter.Seq2[ws.Message, error] {
		a := h.stream.Aggregate(maxPayload)
		return fromChannel(a.Chan(), a.Err)
	}},
	{"Recv with contexts that end", true, func(h *half) iter.Seq2[ws.Message, error] {
		return interrupted(h.pace, h.stream.Recv)
	}},
	{"Aggregate Recv with contexts that end", true, func(h *half) iter.Seq2[ws.Message, error] {
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
