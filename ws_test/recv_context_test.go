package ws_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"github.com/handset-go/handset/ws"
)

func TestRecvContextEndsInsideFrame(t *testing.T) {
	t.Parallel()
	overTransports(t, &ws.Upgrader{}, func(t *testing.T, p *pair) {
		for _, n := range []int{0, 5, 125, 300} {
			text := string(mixedText(n))
			frame := masked(fin|opText, []byte(text))
			for i := range min(len(frame)-1, 40) {
				p.write(frame[i : i+1])
				ctx, cancel := context.WithTimeout(t.Context(), 200*time.Microsecond)
				if msg, err := p.stream.Recv(ctx); !errors.Is(err, context.DeadlineExceeded) {
					t.Fatalf("len=%d: after %d bytes received %v, %v", n, i+1, msg.Kind, err)
				}
				cancel()
			}
			p.write(frame[min(len(frame)-1, 40):])
			if msg, err := p.stream.Recv(context.Background()); err != nil || string(msg.Data) != text {
				t.Fatalf("len=%d: received %v of %d bytes, %v", n, msg.Kind, len(msg.Data), err)
			}
		}
	})
}

func TestRecvContextAlreadyEnded(t *testing.T) {
	overTransports(t, &ws.Upgrader{}, func(t *testing.T, p *pair) {
		over, cancel := context.WithCancel(t.Context())
		cancel()
		late, cancel := context.WithDeadline(t.Context(), time.Unix(1, 0))
		defer cancel()
		p.write(append(masked(fin|opText, []byte("one")), masked(fin|opText, []byte("two"))...))
		for _, want := range []string{"one", "two"} {
			if _, err := p.stream.Recv(over); err != context.Canceled {
				t.Fatalf("received %v", err)
			}
			if _, err := p.stream.Aggregate(0).Recv(late); err != context.DeadlineExceeded {
				t.Fatalf("received %v", err)
			}
			if err := errorOfAll(over, p.stream); err != context.Canceled {
				t.Fatalf("a loop received %v", err)
			}
			if msg := recvKind(t, p.stream, ws.Text); string(msg.Data) != want {
				t.Fatalf("then received %q, want %q", msg.Data, want)
			}
		}
	})
}

func TestRecvNilContext(t *testing.T) {
	eachSide(t, func(t *testing.T, on side) {
		p := on.connect(t, &ws.Upgrader{})
		var none context.Context
		for name, l := range map[string]view{"stream": p.stream, "aggregate": p.stream.Aggregate(0)} {
			if _, err := l.Recv(none); err == nil {
				t.Errorf("%s: Recv returned no error", name)
			}
			for msg, err := range l.All(none) {
				if err == nil {
					t.Errorf("%s: All received %v", name, msg.Kind)
				}
			}
		}
		p.send(opText, "unharmed")
		recvKind(t, p.stream, ws.Text)
	})
}

// A context that ends between receives must not end the next one, which has
// another context.
func TestRecvContextOfEarlierReceive(t *testing.T) {
	overTransports(t, &ws.Upgrader{}, func(t *testing.T, p *pair) {
		rng := rand.New(rand.NewPCG(6, 6))
		for i := range 300 {
			ctx, cancel := context.WithCancel(t.Context())
			p.send(opText, "with a context")
			if _, err := p.stream.Recv(ctx); err != nil {
				t.Fatalf("round %d: %v", i, err)
			}
			go cancel()
			next := []context.Context{context.Background(), t.Context(), context.WithoutCancel(ctx)}[rng.IntN(3)]
			received := make(chan error, 1)
			go func() { _, err := p.stream.Recv(next); received <- err }()
			<-ctx.Done()
			p.send(opText, "after it")
			if err := await(t, received, "the second message"); err != nil {
				t.Fatalf("round %d: %v", i, err)
			}
		}
	})
}

// interrupted receives n messages with contexts that end again and again.
func interrupted(t *testing.T, l view, n int, rng *rand.Rand, expect func(i int, msg ws.Message)) {
	t.Helper()
	for i := 0; i < n; {
		ctx, cancel := context.WithTimeout(t.Context(), time.Duration(rng.IntN(100))*time.Microsecond)
		if rng.IntN(2) == 0 {
			go cancel()
		}
		err := receiveFrom(ctx, l, rng.IntN(2) == 0, func(msg ws.Message) bool {
			expect(i, msg)
			i++
			return i < n
		})
		cancel()
		if err != nil && !errors.Is(err, context.Canceled) && !errors.Is(err, context.DeadlineExceeded) {
			t.Fatalf("received %d messages, then %v", i, err)
		}
	}
}

// However often contexts end, every message arrives once and whole.
func TestRecvContextsEndAtRandom(t *testing.T) {
	n := 100
	if raceDetector || testing.Short() {
		n = 30
	}
	for _, c := range []struct {
		name  string
		view  func(*ws.MessageStream) view
		bytes int
	}{
		{"short frames", func(m *ws.MessageStream) view { return m }, 100},
		{"frames in several reads", func(m *ws.MessageStream) view { return m }, 60_000},
		{"long frames put together", func(m *ws.MessageStream) view { return m.Aggregate(0) }, 150_000},
	} {
		t.Run(c.name, func(t *testing.T) {
			overTransports(t, &ws.Upgrader{}, func(t *testing.T, p *pair) {
				ended := make(chan struct{})
				go func() {
					defer close(ended)
					for i := range n {
						_, _ = p.conn.Write(masked(fin|opBinary, numberedPayload(i, c.bytes)))
					}
				}()
				interrupted(t, c.view(p.stream), n, rand.New(rand.NewPCG(7, 7)), func(i int, msg ws.Message) {
					if want := numberedPayload(i, c.bytes); msg.Kind != ws.Binary || string(msg.Data) != string(want) {
						t.Fatalf("message %d is %v of %d bytes %q", i, msg.Kind, len(msg.Data), clip(msg.Data))
					}
				})
				await(t, ended, "the last write")
			})
		})
	}
}

func TestRecvDeadline(t *testing.T) {
	inSynctest(t, &ws.Upgrader{Options: ws.Options{Heartbeat: noHeartbeat}}, func(t *testing.T, p *pair) {
		for _, l := range []view{p.stream, p.stream.Aggregate(0)} {
			for _, loop := range []bool{false, true} {
				ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
				began := time.Now()
				err := receiveFrom(ctx, l, loop, func(ws.Message) bool { return true })
				cancel()
				if err != context.DeadlineExceeded || time.Since(began) != time.Hour {
					t.Errorf("loop=%v: %v after %v", loop, err, time.Since(began))
				}
			}
		}
	})
}

func TestRecvContextEndsWhileWaiting(t *testing.T) {
	inSynctest(t, &ws.Upgrader{}, func(t *testing.T, p *pair) {
		for range 3 {
			ctx, cancel := context.WithCancelCause(t.Context())
			received := make(chan error, 1)
			go func() { _, err := p.stream.Recv(ctx); received <- err }()
			synctest.Wait()
			cancel(errors.New("cancelled by the test"))
			if err := <-received; err != context.Canceled {
				t.Fatalf("received %v", err)
			}
			p.writeLater(masked(fin|opText, []byte("still here")))
			recvKind(t, p.stream, ws.Text)
		}
		if err := p.session.Err(); err != nil {
			t.Fatalf("the session ended with %v", err)
		}
	})
}

func TestRecvContextEndsInCompressedMessage(t *testing.T) {
	eachSide(t, func(t *testing.T, on side) {
		for _, test := range compressions {
			t.Run(test.name, func(t *testing.T) {
				p := on.connectCompressing(t, transports[0], &ws.Upgrader{Compression: test.c}, test.offer)
				whole := p.stream.Aggregate(0)
				for i := range 20 {
					text := gibberish(i, 10_000)
					frames := p.compressedFrames(opText, []byte(text), 3)
					for _, cut := range []int{len(frames) / 3, len(frames) / 2} {
						p.write(frames[:cut])
						ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
						if _, err := whole.Recv(ctx); err != context.DeadlineExceeded {
							t.Fatalf("in mid-message: %v", err)
						}
						cancel()
						frames = frames[cut:]
					}
					p.write(frames)
					if msg, err := whole.Recv(testContext(t)); err != nil || string(msg.Data) != text {
						t.Fatalf("message %d: %d bytes, %v", i, len(msg.Data), err)
					}
				}
			})
		}
	})
}
