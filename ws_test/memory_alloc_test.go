package ws_test

import (
	"context"
	"fmt"
	"io"
	"testing"

	"github.com/handset-go/handset/ws"
)

func TestReceivingAllocatesNothing(t *testing.T) {
	eachSide(t, func(t *testing.T, on side) {
		if raceDetector {
			t.Skip("the race detector makes pools forget what they were given: run without -race")
		}
		ending, cancel := context.WithCancel(t.Context())
		defer cancel()
		contexts := map[string]context.Context{"Background": context.Background(), "cancellable": ending}
		frames := map[string][]byte{
			"frame":     masked(fin|opText, []byte("a small message")),
			"fragments": fragmented(opText, "a small ", "message"),
			"ping":      masked(fin|opPing, []byte("a small message")),
		}
		for contextName, ctx := range contexts {
			for frameName, frame := range frames {
				t.Run(frameName+","+contextName, func(t *testing.T) {
					for _, over := range transports[:2] { // crypto/tls allocates for every record
						p := on.connectOver(t, over, &ws.Upgrader{Options: ws.Options{ManualPong: true}})
						stream := p.stream.Aggregate(0)
						allocs := testing.AllocsPerRun(300, func() {
							p.write(frame)
							if msg, err := stream.Recv(ctx); err != nil || string(msg.Data) != "a small message" {
								t.Fatalf("received %q, %v", msg.Data, err)
							}
						})
						if allocs != 0 {
							t.Errorf("%s: %v allocations for a message", over.name, allocs)
						}
					}
				})
			}
		}
	})
}

func TestSendingAllocatesNothing(t *testing.T) {
	eachSide(t, func(t *testing.T, on side) {
		if raceDetector {
			t.Skip("the race detector makes pools forget what they were given: run without -race")
		}
		p := on.connect(t, &ws.Upgrader{})
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
	})
}

// fixedReader hides all but Read, so that io.Copy takes one buffer.
type fixedReader struct{ io.Reader }

func TestCompressedEchoAllocatesNothing(t *testing.T) {
	eachSide(t, func(t *testing.T, on side) {
		if raceDetector {
			t.Skip("the race detector makes pools forget what they were given: run without -race")
		}
		for _, test := range compressions {
			for _, n := range []int{200, 1000, 20_000} {
				t.Run(fmt.Sprint(test.name, ",", n), func(t *testing.T) {
					p := on.connectCompressing(t, transports[0], &ws.Upgrader{Compression: test.c}, test.offer)
					stream, ctx := p.stream.Aggregate(0), testContext(t)
					sent := p.compressedFrames(opText, mixedText(n), 1)
					p.writer.Reset(&p.out) // what follows must not refer to it
					buf := make([]byte, 1<<16)
					allocs := testing.AllocsPerRun(200, func() {
						p.write(sent)
						msg, err := stream.Recv(ctx)
						if err == nil {
							err = p.session.Send(ctx, msg)
						}
						if err != nil {
							t.Fatal(err)
						}
						if _, err := p.br.Read(buf); err != nil {
							t.Fatal(err)
						}
					})
					if allocs != 0 {
						t.Errorf("%v allocations for an echo", allocs)
					}
				})
			}
		}
	})
}
