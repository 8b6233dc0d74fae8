package ws_test

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"testing"

	"github.com/handset-go/handset/ws"
)

func TestMaxFrameSize(t *testing.T) {
	eachSide(t, func(t *testing.T, on side) {
		t.Run("refuses longer frames", func(t *testing.T) {
			for _, n := range []int{1, 125, 126, 65535, 65536, 100_000} {
				t.Run(fmt.Sprint("n=", n), func(t *testing.T) {
					overTransports(t, &ws.Upgrader{}, func(t *testing.T, p *pair) {
						stream := p.stream.MaxFrameSize(n)
						p.writeLater(bytes.Join([][]byte{
							masked(fin|opBinary, make([]byte, n)), fragmented(opText, string(mixedText(n)), string(mixedText(n))),
							header(fin|opBinary, uint64(n)+1), {1, 2, 3, 4}, // and nothing behind its key
						}, nil))
						for _, want := range []int{n, 2 * n} {
							if _, data := recvChunks(t, stream); len(data) != want {
								t.Fatalf("received %d bytes, want %d", len(data), want)
							}
						}
						_, err := stream.Recv(testContext(t))
						expectViolation(t, err, ws.CloseMessageTooBig)
						p.expectClose(1009)
					})
				})
			}
		})
		t.Run("zero means no limit", func(t *testing.T) {
			for _, n := range []int{0, -1, math.MinInt} {
				p := on.connect(t, &ws.Upgrader{})
				stream := p.stream.MaxFrameSize(n)
				p.writeLater(masked(fin|opBinary, make([]byte, 300_000)))
				if _, data := recvChunks(t, stream); len(data) != 300_000 {
					t.Fatalf("received %d bytes", len(data))
				}
			}
		})
		t.Run("holds for aggregates", func(t *testing.T) {
			p := on.connect(t, &ws.Upgrader{})
			p.write(header(opText, 1001))
			p.write([]byte{1, 2, 3, 4})
			_, err := p.stream.MaxFrameSize(1000).Aggregate(10).Recv(testContext(t))
			expectViolation(t, err, ws.CloseMessageTooBig)
		})
	})
}

// A frame that began before MaxFrameSize was lowered is finished.
func TestMaxFrameSizeLoweredInsideFrame(t *testing.T) {
	overTransports(t, &ws.Upgrader{Options: ws.Options{SessionStats: true}}, func(t *testing.T, p *pair) {
		frame := masked(fin|opBinary, make([]byte, 1000))
		p.write(frame[:500])
		ctx, cancel := context.WithCancel(context.Background())
		got := make(chan error, 1)
		go func() { _, err := p.stream.Recv(ctx); got <- err }()
		waitUntil(t, "the header is received", func() bool { return p.session.Stats().In.Frames == 1 })
		cancel()
		if err := await(t, got, "the end of the receive"); err != context.Canceled {
			t.Fatal(err)
		}
		p.stream.MaxFrameSize(10)
		p.write(append(frame[500:], masked(fin|opBinary, make([]byte, 11))...))
		recvKind(t, p.stream, ws.Binary)
		_, err := p.stream.Recv(testContext(t))
		expectViolation(t, err, ws.CloseMessageTooBig)
	})
}

// Close, which Shutdown calls at any time, reads in the background. A limit that is set
// after that holds, and does not race with it.
func TestMaxFrameSizeAfterClose(t *testing.T) {
	overTransports(t, &ws.Upgrader{}, func(t *testing.T, p *pair) {
		p.write(append(masked(fin|opBinary, make([]byte, 10)), masked(fin|opBinary, make([]byte, 11))...))
		if err := p.session.Close(ws.CloseReason{}); err != nil {
			t.Fatal(err)
		}
		stream := p.stream.MaxFrameSize(10)
		if msg, err := stream.Recv(testContext(t)); err != nil || len(msg.Data) != 10 {
			t.Fatalf("received %d bytes and %v", len(msg.Data), err)
		}
		_, err := stream.Recv(testContext(t))
		expectViolation(t, err, ws.CloseMessageTooBig)
	})
}
