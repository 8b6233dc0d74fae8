package ws_test

import (
	"context"
	"errors"
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
