package ws_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"testing"

	"github.com/handset-go/handset/ws"
)

func TestTheBytesOfASendMayBeReusedWhenItReturns(t *testing.T) {
	overCompressions(t, ws.Upgrader{SendBuffer: 1 << 20}, func(t *testing.T, _ transport, p *compressing) {
		data := make([]byte, 30_000)
		for i := range 30 {
			for j := range data {
				data[j] = byte(i)
			}
			if err := p.session.Binary(within(t), data); err != nil {
				t.Fatal(err)
			}
			clear(data)
		}
		for i := range 30 {
			p.expectSent(opBinary, bytes.Repeat([]byte{byte(i)}, len(data)))
		}
	})
}

func TestEveryLegalCloseCodeIsSent(t *testing.T) {
	for _, code := range []ws.CloseCode{1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999} {
		bubble(t, ws.Upgrader{}, func(t *testing.T, p *pair) {
			if err := p.session.Close(ws.CloseReason{Code: code, Description: "bye"}); err != nil {
				t.Fatalf("Close with %v: %v", code, err)
			}
			p.expect(opClose, string(closePayload(uint16(code), "bye")))
		})
	}
}

func TestALongReasonIsCutAtACharacterBorder(t *testing.T) {
	for _, tt := range []struct{ description, want string }{
		{strings.Repeat("x", 123), strings.Repeat("x", 123)},
		{strings.Repeat("x", 124), strings.Repeat("x", 123)},
		{strings.Repeat("é", 62), strings.Repeat("é", 61)},
		{"x" + strings.Repeat("é", 61), "x" + strings.Repeat("é", 61)},
		{strings.Repeat("世", 100), strings.Repeat("世", 41)},
		{strings.Repeat("📞", 31), strings.Repeat("📞", 30)},
		{strings.Repeat("x", 1_000_000), strings.Repeat("x", 123)},
	} {
		bubble(t, ws.Upgrader{}, func(t *testing.T, p *pair) {
			if err := p.session.Close(ws.CloseReason{Code: 4000, Description: tt.description}); err != nil {
				t.Fatal(err)
			}
			p.expect(opClose, string(closePayload(4000, tt.want)))
		})
	}
}

func TestControlPayloadsOf125BytesAreSent(t *testing.T) {
	p := connect(t, ws.Upgrader{})
	payload := strings.Repeat("\xff", 125)
	if err := errors.Join(p.session.Ping(within(t), []byte(payload)), p.session.Pong(within(t), []byte(payload))); err != nil {
		t.Fatal(err)
	}
	p.expect(opPing, payload)
	p.expect(opPong, payload)
}

func TestEverySendAfterCloseReturnsErrClosed(t *testing.T) {
	for _, over := range transports {
		t.Run(over.name, func(t *testing.T) {
			p := connectOver(t, over, ws.Upgrader{})
			begun := p.session.Writer(within(t), ws.Binary)
			if _, err := begun.Write(make([]byte, 20_000)); err != nil {
				t.Fatal(err)
			}
			if err := p.session.Close(ws.CloseReason{}); err != nil {
				t.Fatal(err)
			}
			expectAllClosed(t, p.session)
			if err := begun.Close(); !errors.Is(err, ws.ErrClosed) {
				t.Errorf("a writer that had begun: %v", err)
			}
			p.expectClose(0)
			p.send(opClose, "")
			await(t, p.session.Done(), "the session's end")
			expectAllClosed(t, p.session)
		})
	}
}

// expectAllClosed checks that nothing can be sent.
func expectAllClosed(t *testing.T, s *ws.Session) {
	t.Helper()
	ctx := context.Background()
	w := s.Writer(ctx, ws.Text)
	_, _ = w.Write([]byte("x"))
	for name, err := range map[string]error{
		"Text": s.Text(ctx, "x"), "TextBytes": s.TextBytes(ctx, nil), "Binary": s.Binary(ctx, nil),
		"Ping": s.Ping(ctx, nil), "Pong": s.Pong(ctx, nil),
		"Send":         s.Send(ctx, ws.Message{Kind: ws.Text}),
		"TrySend":      s.TrySend(ws.Message{Kind: ws.Binary}),
		"Continuation": s.Continuation(ctx, ws.FirstText, nil),
		"Writer":       w.Close(),
	} {
		if !errors.Is(err, ws.ErrClosed) || !errors.Is(err, net.ErrClosed) {
			t.Errorf("%s: got %v, want an ErrClosed that is a net.ErrClosed", name, err)
		}
	}
	if err := s.Close(ws.CloseReason{}); err != nil {
		t.Errorf("Close again: %v", err)
	}
}

func TestASmallSendAllocatesNothing(t *testing.T) {
	if raceDetector {
		t.Skip("the race detector makes pools forget what they were given: run without -race")
	}
	p := connect(t, ws.Upgrader{})
	go func() { _, _ = io.Copy(io.Discard, fixedReader{p.client.conn}) }()
	ending, cancel := context.WithCancel(t.Context())
	defer cancel()
	data := []byte("a small message")
	for name, ctx := range map[string]context.Context{"Background": context.Background(), "cancellable": ending} {
		for _, kind := range []ws.Kind{ws.Text, ws.Binary, ws.Ping} {
			allocs := testing.AllocsPerRun(200, func() {
				if err := p.session.Send(ctx, ws.Message{Kind: kind, Data: data}); err != nil {
					t.Fatal(err)
				}
			})
			if allocs != 0 {
				t.Errorf("%v allocations for a %v with a %s context", allocs, kind, name)
			}
		}
	}
	if allocs := testing.AllocsPerRun(200, func() { _ = p.session.Text(ending, "text") }); allocs != 0 {
		t.Errorf("%v allocations for Text", allocs)
	}
}

// fixedReader hides all but Read, so that io.Copy takes one buffer.
type fixedReader struct{ io.Reader }

func TestSendingWhileClosingAndLosingTheConnectionIsNoRace(t *testing.T) {
	overCompressions(t, ws.Upgrader{}, func(t *testing.T, over transport, p *compressing) {
		var senders sync.WaitGroup
		for range 8 {
			senders.Go(func() {
				for {
					if err := p.session.Binary(context.Background(), bytes.Repeat([]byte("x"), 1000)); err != nil {
						if !errors.Is(err, ws.ErrClosed) {
							t.Errorf("got %v, want ErrClosed", err)
						}
						return
					}
				}
			})
		}
		after := int64(1 << 20)
		if p.answer != "" { // which is as many messages in less
			after = 4 << 10
		}
		if _, err := io.CopyN(io.Discard, p.br, after); err != nil {
			t.Fatal(err)
		}
		if over.wrap {
			_ = p.session.Close(ws.CloseReason{})
		} else {
			p.client.conn.Close()
		}
		senders.Wait()
	})
}

func TestASessionKnowsItsPeer(t *testing.T) {
	p := connect(t, ws.Upgrader{})
	if got, want := p.session.RemoteAddr().String(), p.client.conn.LocalAddr().String(); got != want {
		t.Fatalf("RemoteAddr %s, want %s", got, want)
	}
}
