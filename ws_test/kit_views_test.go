package ws_test

import (
	"context"
	"errors"
	"io"
	"iter"
	"testing"

	"github.com/handset-go/handset/ws"
)

// view is a stream of whole messages or of chunks.
type view interface {
	Recv(context.Context) (ws.Message, error)
	All(context.Context) iter.Seq2[ws.Message, error]
	Chan() <-chan ws.Message
	Err() error
}

// rangeView is the part of a view that the tests of busy readers use.
type rangeView interface {
	Recv(context.Context) (ws.Message, error)
	All(context.Context) func(func(ws.Message, error) bool)
}

type rawView struct{ *ws.MessageStream }

func (v rawView) All(ctx context.Context) func(func(ws.Message, error) bool) {
	return v.MessageStream.All(ctx)
}

type aggregateView struct{ *ws.AggregatedStream }

func (v aggregateView) All(ctx context.Context) func(func(ws.Message, error) bool) {
	return v.AggregatedStream.All(ctx)
}

func overViews(t *testing.T, u *ws.Upgrader, test func(t *testing.T, p *pair, v rangeView)) {
	t.Helper()
	for name, view := range map[string]func(*pair) rangeView{
		"raw":       func(p *pair) rangeView { return rawView{p.stream} },
		"aggregate": func(p *pair) rangeView { return aggregateView{p.stream.Aggregate(0)} },
	} {
		t.Run(name, func(t *testing.T) {
			overTransports(t, u, func(t *testing.T, p *pair) { test(t, p, view(p)) })
		})
	}
}

// readers receive to the end of the stream, and call after once they have the first
// message.
var readers = map[string]func(ctx context.Context, m *ws.MessageStream, after func()) (got []string, err error){
	"Recv": func(ctx context.Context, m *ws.MessageStream, after func()) ([]string, error) {
		return recvAll(ctx, m, after)
	},
	"Recv of an aggregate": func(ctx context.Context, m *ws.MessageStream, after func()) ([]string, error) {
		return recvAll(ctx, m.Aggregate(0), after)
	},
	"All": func(ctx context.Context, m *ws.MessageStream, after func()) ([]string, error) {
		return rangeAll(ctx, m, after)
	},
	"All of an aggregate": func(ctx context.Context, m *ws.MessageStream, after func()) ([]string, error) {
		return rangeAll(ctx, m.Aggregate(0), after)
	},
}

func recvAll(ctx context.Context, l view, after func()) (got []string, err error) {
	for {
		msg, err := l.Recv(ctx)
		if err != nil {
			return got, err
		}
		got = append(got, string(msg.Data))
		if len(got) == 1 {
			after()
		}
	}
}

func rangeAll(ctx context.Context, l view, after func()) (got []string, err error) {
	for msg, err := range l.All(ctx) {
		if err != nil {
			return got, err
		}
		got = append(got, string(msg.Data))
		if len(got) == 1 {
			after()
		}
	}
	return got, io.EOF
}

// receiveFrom receives one message, or in a loop until yield returns false.
func receiveFrom(ctx context.Context, l view, loop bool, yield func(ws.Message) bool) error {
	if !loop {
		msg, err := l.Recv(ctx)
		if err == nil {
			yield(msg)
		}
		return err
	}
	for msg, err := range l.All(ctx) {
		if err != nil || !yield(msg) {
			return err
		}
	}
	return nil
}

func recvKind(t testing.TB, stream *ws.MessageStream, kind ws.Kind) ws.Message {
	t.Helper()
	msg, err := stream.Recv(t.Context())
	if err != nil || msg.Kind != kind {
		t.Fatalf("received %v, %v, want %v", msg.Kind, err, kind)
	}
	return msg
}

// recvWhole receives a whole message.
func recvWhole(t testing.TB, stream *ws.AggregatedStream) ws.Message {
	t.Helper()
	msg, err := stream.Recv(testContext(t))
	if err != nil {
		t.Fatal(err)
	}
	return msg
}

// recvChunks receives the chunks of a message, which must be in order.
func recvChunks(t *testing.T, stream *ws.MessageStream) (kinds []ws.Kind, data []byte) {
	t.Helper()
	for {
		msg, err := stream.Recv(testContext(t))
		if err != nil {
			t.Fatalf("after %v: %v", kinds, err)
		}
		first := msg.Kind == ws.Text || msg.Kind == ws.Binary || msg.Kind == ws.FirstText || msg.Kind == ws.FirstBinary
		if len(msg.Data) > 64<<10 || first != (len(kinds) == 0) || msg.Kind == ws.Continue && len(msg.Data) == 0 {
			t.Fatalf("after %v: %v of %d bytes", kinds, msg.Kind, len(msg.Data))
		}
		kinds, data = append(kinds, msg.Kind), append(data, msg.Data...)
		if msg.Kind == ws.Text || msg.Kind == ws.Binary || msg.Kind == ws.Last {
			return kinds, data
		}
	}
}

// receiveAll receives until the stream's end, for which io.EOF stands.
func receiveAll(p *pair) <-chan error {
	end := make(chan error, 1)
	go func() {
		for {
			if _, err := p.stream.Recv(context.Background()); err != nil {
				end <- err
				return
			}
		}
	}()
	return end
}

// errorOfAll is the error of a range loop that receives no message, io.EOF if it just ends.
func errorOfAll(ctx context.Context, l view) error {
	for _, err := range l.All(ctx) {
		return err
	}
	return io.EOF
}

func errorOfChan(t *testing.T, l view) error {
	t.Helper()
	if msg := await(t, l.Chan(), "the channel's end"); msg.Kind != 0 {
		t.Fatalf("received %v", msg.Kind)
	}
	if err := l.Err(); err != nil {
		return err
	}
	return io.EOF
}

func isLost(err error) bool { return errors.Is(err, io.ErrUnexpectedEOF) }

// unbufferedViews are those that do not read ahead of the application.
var unbufferedViews = map[string]func(*pair, func(ws.Message) error) error{
	"Recv": func(p *pair, each func(ws.Message) error) error {
		for {
			msg, err := p.stream.Recv(context.Background())
			if err != nil {
				return err
			}
			if err := each(msg); err != nil {
				return err
			}
		}
	},
	"All": func(p *pair, each func(ws.Message) error) error {
		for msg, err := range p.stream.All(context.Background()) {
			if err != nil {
				return err
			}
			if err := each(msg); err != nil {
				return err
			}
		}
		return nil
	},
	"Aggregate": func(p *pair, each func(ws.Message) error) error {
		for msg, err := range p.stream.Aggregate(0).All(context.Background()) {
			if err != nil {
				return err
			}
			if err := each(msg); err != nil {
				return err
			}
		}
		return nil
	},
}
