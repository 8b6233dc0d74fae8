package ws_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"

	"github.com/handset-go/handset/ws"
)

func TestCompressedSendersDoNotMix(t *testing.T) {
	eachSide(t, func(t *testing.T, on side) {
		t.Parallel()
		const senders, each = 8, 50
		for _, test := range compressions {
			t.Run(test.name, func(t *testing.T) {
				p := on.connectCompressing(t, transports[0], &ws.Upgrader{Compression: test.c}, test.offer)
				var all sync.WaitGroup
				for s := range senders {
					all.Go(func() {
						for i := range each {
							data := fmt.Appendf(nil, "%d %d %s", s, i, mixedText(i*40))
							var err error
							if (s+i)%3 == 0 {
								w := p.session.Writer(testContext(t), ws.Text)
								_, _ = w.Write(bytes.Repeat(data, 20))
								err = w.Close()
							} else {
								err = p.session.TextBytes(testContext(t), data)
							}
							if err != nil {
								t.Error(err)
								return
							}
						}
					})
				}
				var next [senders]int
				for range senders * each {
					_, data, _, err := p.message()
					if err != nil {
						t.Fatal(err)
					}
					var s, i int
					if _, err := fmt.Sscan(string(data[:min(len(data), 20)]), &s, &i); err != nil || i != next[s] {
						t.Fatalf("message %d of sender %d in place of %d, %v", i, s, next[s], err)
					}
					next[s]++
					want := fmt.Appendf(nil, "%d %d %s", s, i, mixedText(i*40))
					if (s+i)%3 == 0 {
						want = bytes.Repeat(want, 20)
					}
					if !bytes.Equal(data, want) {
						t.Fatalf("message %d of sender %d is not the same", i, s)
					}
				}
				all.Wait()
			})
		}
	})
}

func TestCompressedWritersDoNotMix(t *testing.T) {
	eachSide(t, func(t *testing.T, on side) {
		for _, test := range compressions {
			t.Run(test.name, func(t *testing.T) {
				p := on.connectCompressing(t, transports[0], &ws.Upgrader{Compression: test.c, Options: ws.Options{SendBuffer: 1000}}, test.offer)
				first := strings.Repeat(gibberish(1, 100), fragment/40)[:2*fragment+1]
				second := strings.Repeat(gibberish(2, 100), fragment/30)[:3*fragment]
				w := p.session.Writer(testContext(t), ws.Text)
				if _, err := io.WriteString(w, first[:fragment+1]); err != nil {
					t.Fatal(err)
				}
				done := make(chan error, 2)
				go func() { done <- writeMessage(p.session.Writer(testContext(t), ws.Text), second, fragment) }()
				go func() { done <- writeMessage(w, first[fragment+1:], 1000) }()
				for _, want := range []string{first, second} {
					if compressed := p.expectMessage(opText, []byte(want)); !compressed {
						t.Error("a message was not compressed")
					}
				}
				if err := errors.Join(<-done, <-done); err != nil {
					t.Fatal(err)
				}
			})
		}
	})
}

func TestPreparedMessageToAllSessions(t *testing.T) {
	eachSide(t, func(t *testing.T, on side) {
		text := mixedText(5000)
		message, err := ws.Prepare(ws.Text, text)
		if err != nil {
			t.Fatal(err)
		}
		clear(text[:1]) // Prepare has a copy
		text = mixedText(5000)
		var all sync.WaitGroup
		for range 3 {
			for _, test := range compressions {
				p := on.connectCompressing(t, transports[0], &ws.Upgrader{Compression: test.c}, test.offer)
				all.Go(func() {
					for i := range 20 {
						own := fmt.Appendf(nil, "message %d of one's own %s", i, text[:500])
						if err := errors.Join(p.session.SendPrepared(context.Background(), message), p.session.TrySendPrepared(message),
							p.session.TextBytes(context.Background(), own)); err != nil {
							t.Error(err)
							return
						}
					}
				})
				all.Go(func() {
					for i := range 20 {
						for _, want := range [][]byte{text, text, fmt.Appendf(nil, "message %d of one's own %s", i, text[:500])} {
							op, got, compressed, err := p.message()
							if err != nil || op != opText || !bytes.Equal(got, want) || !compressed {
								t.Errorf("%s: message %#x of %d bytes, compressed %v, %v", test.name, op, len(got), compressed, err)
								return
							}
						}
					}
				})
			}
		}
		all.Wait()
	})
}

func TestPreparedMessageZeroValue(t *testing.T) {
	eachSide(t, func(t *testing.T, on side) {
		p := on.connect(t, &ws.Upgrader{})
		for _, pm := range []*ws.PreparedMessage{nil, new(ws.PreparedMessage)} {
			if p.session.SendPrepared(testContext(t), pm) == nil || p.session.TrySendPrepared(pm) == nil {
				t.Error("was sent")
			}
		}
		for _, kind := range []ws.Kind{0, ws.Ping, ws.Close, ws.FirstText, 100} {
			if _, err := ws.Prepare(kind, nil); err == nil {
				t.Errorf("%v can be prepared", kind)
			}
		}
	})
}
