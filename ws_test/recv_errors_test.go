package ws_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/handset-go/handset/ws"
)

func TestRecvErrorsAreSticky(t *testing.T) {
	for _, c := range []struct {
		name string
		end  func(p *pair)
		want func(error) bool
	}{
		{"a violation", func(p *pair) { p.write([]byte{0xFF}) }, func(err error) bool {
			var failed *ws.ProtocolError
			return errors.As(err, &failed)
		}},
		{"a Close", func(p *pair) { p.write(closeFrame(1000)) }, func(err error) bool { return err == io.EOF }},
		{"a reset", func(p *pair) { resetConn(p.client) }, isLost},
		{"an end inside a frame", func(p *pair) {
			p.write(masked(fin|opText, []byte("cut short"))[:9])
			p.conn.Close()
		}, isLost},
	} {
		t.Run(c.name, func(t *testing.T) {
			overTransports(t, &ws.Upgrader{}, func(t *testing.T, p *pair) {
				c.end(p)
				err := await(t, receiveAll(p), "the stream's end")
				if !c.want(err) {
					t.Fatalf("ended with %v", err)
				}
				whole := p.stream.Aggregate(0)
				for range 20 {
					expectSame(t, "Recv", func(ctx context.Context) error { _, err := p.stream.Recv(ctx); return err }, err)
					expectSame(t, "Aggregate.Recv", func(ctx context.Context) error { _, err := whole.Recv(ctx); return err }, err)
					expectSame(t, "All", func(ctx context.Context) error { return errorOfAll(ctx, p.stream) }, err)
					expectSame(t, "Aggregate.All", func(ctx context.Context) error { return errorOfAll(ctx, whole) }, err)
				}
				expectSame(t, "Chan", func(context.Context) error { return errorOfChan(t, p.stream) }, err)
				expectSame(t, "Aggregate.Chan", func(context.Context) error { return errorOfChan(t, whole) }, err)
			})
		})
	}
}

func expectSame(t *testing.T, what string, receive func(context.Context) error, want error) {
	t.Helper()
	if err := receive(t.Context()); err != want {
		t.Fatalf("%s: %v, before %v", what, err, want)
	}
}

// streamEnds are ways for a stream to end, and what Err returns after them.
var streamEnds = []struct {
	name string
	end  func(from endpoint, p *pair)
	want func(error) bool
}{
	{"a violation", func(_ endpoint, p *pair) { p.write([]byte{0xFF}) }, func(err error) bool {
		var failed *ws.ProtocolError
		return errors.As(err, &failed)
	}},
	{"a reset", func(_ endpoint, p *pair) { resetConn(p.client) }, isLost},
	{"an end without a Close", func(_ endpoint, p *pair) { p.conn.Close() }, isLost},
	{"an abort", func(from endpoint, _ *pair) { _ = from.Close() }, func(err error) bool {
		return isLost(err) && errors.Is(err, ws.ErrShutdown)
	}},
	{"the peer's Close", func(_ endpoint, p *pair) { p.write(closeFrame(1000)) }, isNil},
	{"a Close that is answered", func(_ endpoint, p *pair) {
		_ = p.session.Close(ws.CloseReason{Code: 1000})
		p.expectClose(1000)
		p.write(closeFrame(1000))
	}, isNil},
}

func isNil(err error) bool { return err == nil }

// toTheEnd receive from a stream or from an aggregate until that ends, and call
// after once they have the first message.
var toTheEnd = map[string]func(l view, after func()) error{
	"Recv": func(l view, after func()) error { _, err := recvAll(forever, l, after); return err },
	"All":  func(l view, after func()) error { _, err := rangeAll(forever, l, after); return err },
	"Chan": func(l view, after func()) error {
		<-l.Chan()
		after()
		for range l.Chan() {
		}
		if err := l.Err(); err != nil {
			return err
		}
		return io.EOF
	},
}

// Err is nil while the stream goes on, and then what the view that found the end has
// returned, nil for a Close. It is the same for the stream and for its aggregates.
func TestErrWhicheverViewFindsIt(t *testing.T) {
	for name, receive := range toTheEnd {
		for _, aggregates := range []bool{false, true} {
			for _, c := range streamEnds {
				t.Run(fmt.Sprintf("%s,aggregate=%v,%s", name, aggregates, c.name), func(t *testing.T) {
					overTransportsWith(t, func(t *testing.T, from endpoint, p *pair) {
						whole := p.stream.Aggregate(0)
						reader := view(p.stream)
						if aggregates {
							reader = whole
						}
						begun, end := make(chan struct{}), make(chan error, 1)
						expectErrs(t, p, isNil, whole)
						go func() { end <- receive(reader, func() { close(begun) }) }()
						p.send(opText, "hello")
						await(t, begun, "the message")
						expectErrs(t, p, isNil, whole)
						c.end(from, p)
						err := await(t, end, "the stream's end")
						if err == io.EOF {
							err = nil
						}
						expectErrs(t, p, func(got error) bool { return c.want(got) && got == err }, whole, p.stream.Aggregate(1))
					})
				})
			}
		}
	}
}

func expectErrs(t *testing.T, p *pair, want func(error) bool, whole ...*ws.AggregatedStream) {
	t.Helper()
	if err := p.stream.Err(); !want(err) {
		t.Errorf("Err of the stream is %v", err)
	}
	for _, a := range whole {
		if err := a.Err(); !want(err) {
			t.Errorf("Err of an aggregate is %v", err)
		}
	}
}

// What a receive returns without ending the stream is not its Err.
func TestErrIsNilWhileStreamGoesOn(t *testing.T) {
	overTransports(t, &ws.Upgrader{}, func(t *testing.T, p *pair) {
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		whole := p.stream.Aggregate(3)
		for range 2 {
			expectSame(t, "Recv", func(context.Context) error { _, err := p.stream.Recv(ended); return err }, context.Canceled)
			expectSame(t, "All", func(context.Context) error { return errorOfAll(ended, whole) }, context.Canceled)
			p.send(opText, "more than three")
			expectSame(t, "Recv", func(ctx context.Context) error { _, err := whole.Recv(ctx); return err }, ws.ErrMessageTooBig)
			p.send(opText, "hi")
			for range whole.All(t.Context()) {
				expectSame(t, "a second Recv", func(ctx context.Context) error { _, err := whole.Recv(ctx); return err }, ws.ErrConcurrentRecv)
				break
			}
			expectErrs(t, p, isNil, whole)
		}
	})
}

// A channel that is closed though the stream goes on has an error of its own.
func TestErrOfChanThatCannotGoOn(t *testing.T) {
	t.Run("another reader", func(t *testing.T) {
		overTransports(t, &ws.Upgrader{}, func(t *testing.T, p *pair) {
			whole := p.stream.Aggregate(0)
			p.send(opText, "hello")
			for range p.stream.All(t.Context()) {
				expectSame(t, "Chan", func(context.Context) error { return errorOfChan(t, whole) }, ws.ErrConcurrentRecv)
				expectErrs(t, p, isNil, p.stream.Aggregate(0))
				break
			}
			p.send(opText, "hello again")
			recvKind(t, p.stream, ws.Text)
		})
	})
	t.Run("a message that is too big", func(t *testing.T) {
		overTransports(t, &ws.Upgrader{}, func(t *testing.T, p *pair) {
			whole := p.stream.Aggregate(3)
			p.send(opText, "more than three")
			expectSame(t, "Chan", func(context.Context) error { return errorOfChan(t, whole) }, ws.ErrMessageTooBig)
			expectErrs(t, p, isNil, p.stream.Aggregate(3))
			p.expectClose(1009)
			p.write(closeFrame(1009))
			expectSessionEnd(t, p.session, ws.ErrClosed)
			if err := await(t, receiveAll(p), "the stream's end"); err != io.EOF {
				t.Errorf("the stream ended with %v", err)
			}
			expectErrs(t, p, isNil, p.stream.Aggregate(3))
			expectSame(t, "Err", func(context.Context) error { return whole.Err() }, ws.ErrMessageTooBig)
		})
	})
}
