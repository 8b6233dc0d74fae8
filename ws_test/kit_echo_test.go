package ws_test

import (
	"context"
	"errors"
	"io"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/handset-go/handset/ws"
)

// echo sends back what the stream receives until it ends.
func echo(session *ws.Session, stream *ws.AggregatedStream) error {
	ctx := context.Background()
	for msg, err := range stream.All(ctx) {
		if err != nil {
			return err
		}
		if msg.Kind == ws.Text || msg.Kind == ws.Binary {
			if err := session.Send(ctx, msg); err != nil {
				return err
			}
		}
	}
	return nil
}

// echoChunks sends back what the raw stream delivers.
func echoChunks(session *ws.Session, stream *ws.MessageStream) error {
	for msg, err := range stream.All(context.Background()) {
		if err == nil && msg.Kind != ws.Ping && msg.Kind != ws.Pong {
			err = session.Send(context.Background(), msg)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// fillQueue sends messages, to a peer that reads nothing, until the queue is full.
// No send may wait. It returns the number of messages.
func fillQueue(t *testing.T, s *ws.Session, message string) (n int) {
	t.Helper()
	for start := time.Now(); n < 1_000_000; n++ {
		err := s.TrySend(ws.Message{Kind: ws.Text, Data: []byte(message)})
		switch {
		case errors.Is(err, ws.ErrBufferFull):
			return n
		case err != nil || time.Since(start) > testTimeout:
			t.Fatalf("send %d: %v after %v", n, err, time.Since(start))
		}
	}
	t.Fatal("the queue takes everything")
	return n
}

// expectFewWrites sends bursts until one comes back in few writes. On a busy machine a
// burst may take longer than the millisecond for which sends are batched; without
// batching each would take 64.
func expectFewWrites(t *testing.T, p *pair, countWrites func(want int) int) {
	t.Helper()
	sent, want := burst()
	var writes int
	for range 20 {
		p.write(sent)
		if writes = countWrites(len(want)); writes <= 4 {
			return
		}
	}
	t.Fatalf("64 messages came back in %d writes, 20 times in a row more than 4", writes)
}

type countingConn struct {
	net.Conn
	count *atomic.Int64
}

func (c countingConn) Write(p []byte) (int, error) {
	c.count.Add(1)
	return c.Conn.Write(p)
}

type countingListener struct {
	net.Listener
	count *atomic.Int64
}

func (l countingListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	return countingConn{c, l.count}, err
}

func newPacedReader(t testing.TB, r io.Reader, bytesPerSecond int) *pacedReader {
	p := &pacedReader{Reader: r, step: bytesPerSecond / 10, tick: time.NewTicker(time.Second / 10)}
	t.Cleanup(p.tick.Stop)
	return p
}

// pacedReader reads at a steady pace, ten times a second.
type pacedReader struct {
	io.Reader
	step int
	tick *time.Ticker
	left int
}

func (p *pacedReader) Read(b []byte) (int, error) {
	if p.left == 0 {
		<-p.tick.C
		p.left = p.step
	}
	n, err := p.Reader.Read(b[:min(len(b), p.left)])
	p.left -= n
	return n, err
}
