package ws_test

import (
	"strings"
	"testing"

	"github.com/handset-go/handset/ws"
)

func TestPing(t *testing.T) {
	t.Run("is answered and then delivered", func(t *testing.T) {
		overTransports(t, &ws.Upgrader{}, func(t *testing.T, p *pair) {
			for _, payload := range []string{"", "hello", "\x00\xFF\x80", strings.Repeat("x", 125)} {
				p.send(opPing, payload)
				if msg := recvKind(t, p.stream, ws.Ping); string(msg.Data) != payload {
					t.Fatalf("delivered %q, want %q", msg.Data, payload)
				}
				p.expect(opPong, payload) // though nothing further is received
			}
		})
	})
	t.Run("is left to the application with ManualPong", func(t *testing.T) {
		overTransports(t, &ws.Upgrader{Options: ws.Options{ManualPong: true}}, func(t *testing.T, p *pair) {
			p.send(opPing, "by hand")
			msg := recvKind(t, p.stream, ws.Ping)
			if err := p.session.Text(testContext(t), "first something else"); err != nil {
				t.Fatal(err)
			}
			if err := p.session.Pong(testContext(t), msg.Data); err != nil {
				t.Fatal(err)
			}
			p.expect(opText, "first something else")
			p.expect(opPong, "by hand")
		})
	})
	t.Run("is answered between fragments", func(t *testing.T) {
		overTransports(t, &ws.Upgrader{}, func(t *testing.T, p *pair) {
			stream := p.stream.Aggregate(0)
			p.write(masked(opText, []byte("first, ")))
			p.send(opPing, "still there?")
			if msg := recvWhole(t, stream); msg.Kind != ws.Ping {
				t.Fatalf("received %v", msg.Kind)
			}
			p.expect(opPong, "still there?")
			p.write(masked(fin|opContinuation, []byte("last")))
			if msg := recvWhole(t, stream); msg.Kind != ws.Text || string(msg.Data) != "first, last" {
				t.Fatalf("received %v %q", msg.Kind, msg.Data)
			}
		})
	})
}

func TestUnsolicitedPong(t *testing.T) {
	overTransports(t, &ws.Upgrader{}, func(t *testing.T, p *pair) {
		p.send(opPong, "one")
		p.send(opPong, "two")
		recvKind(t, p.stream, ws.Pong)
		if msg := recvKind(t, p.stream, ws.Pong); string(msg.Data) != "two" {
			t.Fatalf("received %q", msg.Data)
		}
		if err := p.session.Ping(testContext(t), []byte("alive?")); err != nil {
			t.Fatal(err)
		}
		p.expect(opPing, "alive?")
	})
}
