package ws_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"sync"
	"testing"

	"github.com/handset-go/handset/ws"
)

// The bytes of a send may be reused when it returns.
func TestSendBytesMayBeReused(t *testing.T) {
	overCompressions(t, &ws.Upgrader{Options: ws.Options{SendBuffer: 1 << 20}}, func(t *testing.T, _ transport, p *compressing) {
		data := make([]byte, 30_000)
		for i := range 30 {
			for j := range data {
				data[j] = byte(i)
			}
			if err := p.session.Binary(testContext(t), data); err != nil {
				t.Fatal(err)
			}
			clear(data)
		}
		for i := range 30 {
			p.expectSent(opBinary, bytes.Repeat([]byte{byte(i)}, len(data)))
		}
	})
}

func TestSendControlPayloadOf125Bytes(t *testing.T) {
	eachSide(t, func(t *testing.T, on side) {
		p := on.connect(t, &ws.Upgrader{})
		payload := strings.Repeat("\xff", 125)
		if err := errors.Join(p.session.Ping(testContext(t), []byte(payload)), p.session.Pong(testContext(t), []byte(payload))); err != nil {
			t.Fatal(err)
		}
		p.expect(opPing, payload)
		p.expect(opPong, payload)
	})
}

func TestSendWhileClosingIsNoRace(t *testing.T) {
	overCompressions(t, &ws.Upgrader{}, func(t *testing.T, over transport, p *compressing) {
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
		if p.extensions != "" { // which sends as many messages
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

func TestSendIllegalMessage(t *testing.T) {
	eachSide(t, func(t *testing.T, on side) {
		p := on.connect(t, &ws.Upgrader{})
		s, ctx := p.session, testContext(t)
		ended, cancel := context.WithCancel(ctx)
		cancel()
		var none context.Context
		long := strings.Repeat("x", 126)
		badWriter := s.Writer(ctx, ws.Text)
		_, _ = badWriter.Write([]byte("bad \xff"))
		for name, err := range map[string]error{
			"text that is not UTF-8":                 s.Text(ctx, "bad \xff"),
			"text bytes that are not UTF-8":          s.TextBytes(ctx, []byte("bad \xc3")),
			"a surrogate":                            s.Text(ctx, "\xed\xa0\x80"),
			"a text message that is not UTF-8":       s.Send(ctx, ws.Message{Kind: ws.Text, Data: []byte("\x80")}),
			"TrySend of text that is not UTF-8":      s.TrySend(ws.Message{Kind: ws.Text, Data: []byte("\x80")}),
			"a first fragment that is not UTF-8":     s.Continuation(ctx, ws.FirstText, []byte("\xff")),
			"a written text that is not UTF-8":       badWriter.Close(),
			"a long Ping":                            s.Ping(ctx, []byte(long)),
			"a long Pong":                            s.Pong(ctx, []byte(long)),
			"a long Ping message":                    s.TrySend(ws.Message{Kind: ws.Ping, Data: []byte(long)}),
			"a fragment in the middle of no message": s.Continuation(ctx, ws.Continue, nil),
			"the last fragment of no message":        s.Continuation(ctx, ws.Last, nil),
			"a whole message as a continuation":      s.Continuation(ctx, ws.Text, []byte("whole")),
			"a Close as a continuation":              s.Continuation(ctx, ws.Close, nil),
			"a Ping as a continuation":               s.Continuation(ctx, ws.Ping, nil),
			"a kind of zero":                         s.Send(ctx, ws.Message{Data: []byte("x")}),
			"an unknown kind":                        s.Send(ctx, ws.Message{Kind: 200}),
			"an unknown kind of fragment":            s.Continuation(ctx, 200, nil),
			"TrySend of an unknown kind":             s.TrySend(ws.Message{Kind: 200}),
			"a nil context":                          s.Text(none, "x"),
			"a nil context for a fragment":           s.Continuation(none, ws.FirstText, nil),
			"a context that has ended":               s.Text(ended, "x"),
			"a writer of Ping":                       s.Writer(ctx, ws.Ping).Close(),
			"a writer of Close":                      s.Writer(ctx, ws.Close).Close(),
			"a writer of a fragment":                 s.Writer(ctx, ws.FirstText).Close(),
			"a writer without a context":             s.Writer(none, ws.Text).Close(),
		} {
			if err == nil || errors.Is(err, ws.ErrClosed) {
				t.Errorf("%s: got error %v", name, err)
			} else if text := err.Error(); strings.Count(text, "ws: ") != 1 && !errors.Is(err, context.Canceled) {
				t.Errorf("%s: error %q does not begin with ws: once", name, text)
			}
		}
		if err := s.Text(ctx, "marker"); err != nil {
			t.Fatal(err)
		}
		p.expect(opText, "marker")
	})
}
