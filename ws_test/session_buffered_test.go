package ws_test

import (
	"errors"
	"io"
	"testing"
	"time"

	"github.com/handset-go/handset/ws"
)

// After the end Buffered returns how many bytes of what was sent the operating system has
// not accepted. The peer received no more than the rest.
func TestBufferedAfterEnd(t *testing.T) {
	t.Parallel()
	const message = 32 << 20 // more than the operating system buffers for a peer that reads nothing
	for name, end := range map[string]struct {
		end  func(endpoint, *client)
		want error
	}{
		"by Close":           {func(from endpoint, _ *client) { from.Close() }, ws.ErrShutdown},
		"by a reset":         {func(_ endpoint, c *client) { resetConn(c) }, io.ErrUnexpectedEOF},
		"by a write timeout": {func(endpoint, *client) {}, ws.ErrWriteTimeout},
	} {
		t.Run(name, func(t *testing.T) {
			eachTransport(t, func(t *testing.T, on side, over transport) {
				if end.want == ws.ErrWriteTimeout && over != transports[0] {
					return // it takes seconds
				}
				u := new(ws.Upgrader)
				if end.want == ws.ErrWriteTimeout {
					u.WriteTimeout = time.Second
				}
				from, p := on.pairOf(t, over, u)
				go p.stream.Recv(t.Context())
				if err := p.session.Binary(t.Context(), make([]byte, message)); err != nil {
					t.Fatal(err)
				}
				sent := message + 10 + on.header()
				end.end(from, p.client)
				await(t, p.session.Done(), "the session's end")
				if err := p.session.Err(); !errors.Is(err, end.want) {
					t.Errorf("ended with %v", err)
				}
				left := p.session.Buffered()
				if left <= 0 || left > sent {
					t.Fatalf("%d bytes were dropped of %d", left, sent)
				}
				if queued := p.session.Stats().Queued; queued != 0 {
					t.Errorf("%d bytes are queued after the end", queued)
				}
				received, _ := io.Copy(io.Discard, p.client.br)
				waitUntil(t, "what was received is not counted as dropped, also of the last write", func() bool {
					return int(received) <= sent-p.session.Buffered()
				})
			})
		})
	}
}

// After a closing handshake, what was sent before it has been accepted, and the peer that
// answers it has received it.
func TestBufferedAfterClosingHandshake(t *testing.T) {
	overTransports(t, new(ws.Upgrader), func(t *testing.T, p *pair) {
		for range 100 {
			if err := p.session.Binary(t.Context(), make([]byte, 1000)); err != nil {
				t.Fatal(err)
			}
			if f, err := p.next(); err != nil || f.opcode() != opBinary {
				t.Fatal(f, err)
			}
		}
		_ = p.session.Close(ws.CloseReason{})
		p.expectClose(0)
		p.write(masked(fin|opClose, nil))
		await(t, p.session.Done(), "the session's end")
		if n := p.session.Buffered(); n != 0 {
			t.Errorf("%d bytes are buffered", n)
		}
	})
}
