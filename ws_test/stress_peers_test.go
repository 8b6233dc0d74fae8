package ws_test

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/handset-go/handset/ws"
)

// Whatever the two ends do, and whenever, every call returns, the session ends,
// and nothing of it is left, for which TestMain looks.
func TestRandomPeers(t *testing.T) {
	eachSide(t, func(t *testing.T, on side) {
		t.Parallel()
		for i := range 300 {
			over := transports[i%len(transports)]
			t.Run(over.name, func(t *testing.T) {
				rng := rand.New(rand.NewPCG(uint64(i), 1))
				p := on.connectOver(t, over, &ws.Upgrader{Options: ws.Options{
					SendBuffer:   1 << (6 + rng.IntN(12)),
					WriteTimeout: 100 * time.Millisecond,
					CloseTimeout: 20 * time.Millisecond,
					ManualPong:   rng.IntN(4) == 0,
				}})
				var all sync.WaitGroup
				for range rng.IntN(4) {
					do(&all, rng, func(rng *rand.Rand) { sendAtRandom(t, p.session, rng) })
				}
				for range 1 + rng.IntN(3) {
					do(&all, rng, func(*rand.Rand) { _ = p.session.Close(ws.CloseReason{Code: 4000}) })
				}
				do(&all, rng, func(rng *rand.Rand) { receiveAtRandom(t, p.stream, rng) })
				do(&all, rng, func(rng *rand.Rand) { behaveAtRandom(p.client, rng) })

				await(t, p.session.Done(), "the session's end")
				await(t, finished(&all), "everybody's end")
				if p.session.Err() == nil {
					t.Error("the session ended without a reason")
				}
				expectSendsClosed(t, p.session)
			})
		}
	})
}

// do calls f in a goroutine after a short time, with its own random numbers.
func do(all *sync.WaitGroup, rng *rand.Rand, f func(*rand.Rand)) {
	later, own := rng.IntN(200), rand.New(rand.NewPCG(rng.Uint64(), rng.Uint64()))
	all.Go(func() {
		for range later {
			runtime.Gosched()
		}
		f(own)
	})
}

func finished(all *sync.WaitGroup) <-chan struct{} {
	done := make(chan struct{})
	go func() {
		all.Wait()
		close(done)
	}()
	return done
}

// sendAtRandom sends with contexts that may end, until the session is closed.
func sendAtRandom(t *testing.T, s *ws.Session, rng *rand.Rand) {
	data := make([]byte, rng.IntN(1<<rng.IntN(18)))
	for range 5000 {
		ctx, cancel := context.WithTimeout(context.Background(), time.Duration(rng.IntN(2000))*time.Microsecond)
		err := sendOneAtRandom(ctx, s, data, rng)
		cancel()
		switch {
		case errors.Is(err, ws.ErrClosed):
			return
		case err != nil && !errors.Is(err, context.DeadlineExceeded) && err != ws.ErrBufferFull:
			t.Errorf("a send returned %v", err)
			return
		}
	}
}

func sendOneAtRandom(ctx context.Context, s *ws.Session, data []byte, rng *rand.Rand) error {
	switch rng.IntN(6) {
	case 0:
		return s.Ping(ctx, data[:min(len(data), 125)])
	case 1:
		return s.TrySend(ws.Message{Kind: ws.Text, Data: data})
	case 2:
		w := s.Writer(ctx, ws.Binary)
		_, err := w.Write(data)
		return errors.Join(err, w.Close())
	default:
		return s.Binary(ctx, data)
	}
}

// receiveAtRandom receives by one of all views.
func receiveAtRandom(t *testing.T, stream *ws.MessageStream, rng *rand.Rand) {
	ctx := context.Background()
	switch rng.IntN(6) {
	case 0: // not at all
	case 1:
		stream.Chan() // and never read
	case 2:
		for range stream.Aggregate(1000).Chan() {
		}
	case 3:
		for _, err := range stream.All(ctx) {
			if err != nil || rng.IntN(10) == 0 {
				return
			}
		}
	case 4:
		for _, err := range stream.Aggregate(1000).All(ctx) {
			if err != nil && err != ws.ErrMessageTooBig {
				return
			}
		}
	default:
		for {
			ctx, cancel := context.WithTimeout(ctx, time.Duration(rng.IntN(1000))*time.Microsecond)
			_, err := stream.Recv(ctx)
			cancel()
			if err != nil && !errors.Is(err, context.DeadlineExceeded) || errors.Is(err, ws.ErrWriteTimeout) {
				return
			}
		}
	}
}

// behaveAtRandom is a client that does a few things at random and disconnects.
func behaveAtRandom(c *client, rng *rand.Rand) {
	for range rng.IntN(10) {
		switch rng.IntN(7) {
		case 0:
			_, _ = c.conn.Write(masked(fin|opPing, []byte("ping")))
		case 1:
			_, _ = c.conn.Write(masked(fin|opText, make([]byte, rng.IntN(5000))))
		case 2:
			_, _ = c.conn.Write(masked(fin|opText, []byte("broken off"))[:8])
		case 3:
			_, _ = c.conn.Write(closeFrame(4001))
		case 4:
			_, _ = c.conn.Write([]byte{0xFF, 0xFF})
		default:
			_, _ = io.CopyN(io.Discard, limitedBy(c, rng), int64(rng.IntN(20_000)))
		}
	}
	switch rng.IntN(4) {
	case 0:
		resetConn(c)
	case 1:
		c.conn.Close()
	case 2:
		_ = tcpConn(c.conn).CloseWrite()
	default: // stays, and sends nothing
	}
}

// limitedBy lets a client read only a little.
func limitedBy(c *client, rng *rand.Rand) io.Reader {
	_ = c.conn.SetReadDeadline(time.Now().Add(time.Duration(rng.IntN(2000)) * time.Microsecond))
	return c.br
}

// A peer that stops after a header blocks neither sends nor Close.
func TestUnfinishedHeaderBlocksNothing(t *testing.T) {
	overTransports(t, &ws.Upgrader{}, func(t *testing.T, p *pair) {
		end := receiveAll(p)
		p.write(header(fin|opBinary, 1<<30))
		if err := p.session.Text(testContext(t), "still here"); err != nil {
			t.Fatal(err)
		}
		p.expect(opText, "still here")
		resetConn(p.client)
		if err := await(t, end, "the stream's end"); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Fatalf("the stream ended with %v", err)
		}
		expectSessionEnd(t, p.session, io.ErrUnexpectedEOF)
	})
}
