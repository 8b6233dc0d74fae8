package ws_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/handset-go/handset/ws"
)

// Tests that count queued bytes exactly do not compress.

// Sends do not wait while the queue has less than SendBuffer bytes, and then do.
func TestSendBuffer(t *testing.T) {
	inSynctest(t, &ws.Upgrader{Options: ws.Options{SendBuffer: 1000}}, func(t *testing.T, p *pair) {
		start := time.Now()
		for i := range 10 { // of 100 bytes with their headers
			if err := p.session.Text(t.Context(), strings.Repeat("x", 98-p.on.header())); err != nil {
				t.Fatal(err)
			}
			if got := p.session.Buffered(); got != 100*(i+1) {
				t.Fatalf("%d bytes are buffered after %d sends of 100", got, i+1)
			}
		}
		if got := time.Since(start); got != 0 {
			t.Fatalf("sends have waited %v below SendBuffer", got)
		}
		if err := p.session.TrySend(ws.Message{Kind: ws.Ping}); err != ws.ErrBufferFull {
			t.Fatalf("TrySend returned %v", err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := p.session.Text(ctx, "withdrawn"); err != context.DeadlineExceeded {
			t.Fatalf("a send whose context ended returned %v", err)
		}
		if got := time.Since(start); got != time.Second {
			t.Fatalf("a send waited %v, want its context's second", got)
		}
		sent := make(chan error, 1)
		go func() { sent <- p.session.Text(t.Context(), "patient") }()
		synctest.Wait()
		for range 10 {
			p.expect(opText, strings.Repeat("x", 98-p.on.header()))
		}
		p.expect(opText, "patient")
		if err := <-sent; err != nil {
			t.Fatal(err)
		}
	})
}

func TestSendBufferDefault(t *testing.T) {
	inSynctest(t, &ws.Upgrader{}, func(t *testing.T, p *pair) {
		if n := fillQueue(t, p.session, strings.Repeat("x", 1020-p.on.header())); n != 64 {
			t.Fatalf("%d KiB were taken, want 64", n)
		}
	})
}

func TestSendBufferSmallerThanMessage(t *testing.T) {
	overCompressions(t, &ws.Upgrader{Options: ws.Options{SendBuffer: 1}}, func(t *testing.T, _ transport, p *compressing) {
		sent := make(chan error, 1)
		go func() {
			sent <- errors.Join(p.session.Text(context.Background(), strings.Repeat("x", 3<<20)),
				p.session.Text(context.Background(), strings.Repeat("y", 100_000)))
		}()
		p.expectSent(opText, bytes.Repeat([]byte("x"), 3<<20))
		p.expectSent(opText, bytes.Repeat([]byte("y"), 100_000))
		if err := await(t, sent, "the sends' end"); err != nil {
			t.Fatal(err)
		}
	})
}

// A send whose context ended before it was queued leaves no trace.
func TestSendCancelledLeavesNoTrace(t *testing.T) {
	overCompressions(t, &ws.Upgrader{}, func(t *testing.T, _ transport, p *compressing) {
		random := rand.New(rand.NewPCG(1, 1)) // for a queue that is full soon, compressed or not
		var want []string
		for i, withdrawn := 0, 0; withdrawn < 5; i++ {
			message := fmt.Sprintf("%d %x", i, randomBytes(random, 5000))
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
			err := p.session.Text(ctx, message)
			cancel()
			switch {
			case err == nil:
				want = append(want, message)
			case err == context.DeadlineExceeded && i < 1_000_000:
				withdrawn++
			default:
				t.Fatalf("send %d returned %v", i, err)
			}
		}
		sent := make(chan error, 1)
		go func() { sent <- p.session.Text(testContext(t), "marker") }()
		for _, message := range append(want, "marker") {
			p.expectSent(opText, []byte(message))
		}
		if err := await(t, sent, "the send's end"); err != nil {
			t.Fatal(err)
		}
	})
}

func TestSendContextEndsAfterReturn(t *testing.T) {
	inSynctest(t, &ws.Upgrader{}, func(t *testing.T, p *pair) {
		ctx, cancel := context.WithCancel(t.Context())
		if err := p.session.Text(ctx, strings.Repeat("x", 30_000)); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		cancel() // in mid-frame
		synctest.Wait()
		p.expect(opText, strings.Repeat("x", 30_000))
	})
}

// A peer that pings without reading costs a bounded queue.
func TestPingFloodBoundsQueue(t *testing.T) {
	inSynctest(t, &ws.Upgrader{Options: ws.Options{SendBuffer: 1000}}, func(t *testing.T, p *pair) {
		go func() { _ = echo(p.session, p.stream.Aggregate(0)) }()
		for i := range 10_000 {
			p.write(masked(fin|opPing, fmt.Append(nil, i)))
			if n := p.session.Buffered(); n > 1000 {
				t.Fatalf("%d bytes are buffered", n)
			}
		}
		for last := ""; last != "9999"; {
			f, err := p.next()
			if err != nil || f.opcode() != opPong {
				t.Fatalf("frame %#x, %v, after the Pong of %q", f.first, err, last)
			}
			last = string(f.payload)
		}
	})
}
