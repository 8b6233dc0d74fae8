package ws_test

import (
	"errors"
	"testing"

	"github.com/handset-go/handset/ws"
)

func TestDiscard(t *testing.T) {
	t.Run("drops data and serves control frames", func(t *testing.T) {
		overTransports(t, &ws.Upgrader{}, func(t *testing.T, p *pair) {
			if err := p.stream.Discard(); err != nil {
				t.Fatal(err)
			}
			if err := p.stream.Discard(); err != ws.ErrConcurrentRecv {
				t.Errorf("a second Discard returned %v", err)
			}
			p.write(masked(fin|opBinary, make([]byte, 100_000)))
			p.write(masked(opText, []byte("a message in ")))
			p.send(opPing, "hello?")
			p.write(masked(fin|opContinuation, []byte("two frames")))
			p.send(opText, "data")
			p.expect(opPong, "hello?")
			if err := p.session.Text(t.Context(), "the news"); err != nil {
				t.Fatal(err)
			}
			p.expect(opText, "the news")
			p.send(opClose, string(closePayload(1000, "")))
			p.expectClose(1000)
			expectSessionEnd(t, p.session, ws.ErrClosed)
		})
	})
	t.Run("with RefuseData fails the session", func(t *testing.T) {
		for name, data := range map[string][]byte{
			"text":      masked(fin|opText, []byte("data")),
			"fragment":  masked(opBinary, []byte("data")),
			"long":      masked(fin|opBinary, make([]byte, 100_000)),
			"empty":     masked(fin|opBinary, nil),
			"long head": masked(fin|opBinary, make([]byte, 100_000))[:70_000],
		} {
			t.Run(name, func(t *testing.T) {
				overTransports(t, &ws.Upgrader{}, func(t *testing.T, p *pair) {
					if err := p.stream.RefuseData().Discard(); err != nil {
						t.Fatal(err)
					}
					p.send(opPing, "hello?")
					p.expect(opPong, "hello?")
					p.write(data)
					p.expectClose(1008)
					p.client.conn.Close()
					await(t, p.session.Done(), "the session's end")
					var broken *ws.ProtocolError
					if err := p.session.Err(); !errors.As(err, &broken) || broken.Code != ws.ClosePolicyViolation {
						t.Errorf("the session ended with %v", err)
					}
				})
			})
		}
	})
}
