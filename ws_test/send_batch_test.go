package ws_test

import (
	"bytes"
	"context"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/handset-go/handset/ws"
)

// A reply does not wait for a handler that is busy with the next message.
func TestBatchDoesNotWaitForBusyHandler(t *testing.T) {
	eachSide(t, func(t *testing.T, on side) {
		for _, over := range transports {
			t.Run(over.name, func(t *testing.T) {
				p := on.connectOver(t, over, &ws.Upgrader{})
				p.write(bytes.Repeat(masked(fin|opText, []byte("question")), 3))
				arrived, finished := make(chan struct{}), make(chan error, 1)
				go func() {
					_, err := p.stream.Recv(context.Background())
					if err == nil {
						err = p.session.Text(context.Background(), "answer")
					}
					<-arrived // and only then receive the rest
					finished <- err
				}()
				p.expect(opText, "answer")
				close(arrived)
				if err := await(t, finished, "the handler's end"); err != nil {
					t.Fatal(err)
				}
			})
		}
	})
}

func TestBatchLeaves(t *testing.T) {
	t.Run("after a millisecond", func(t *testing.T) {
		inSynctest(t, &ws.Upgrader{}, func(t *testing.T, p *pair) {
			p.writeLater(bytes.Repeat(masked(fin|opText, []byte("question")), 3))
			recvKind(t, p.stream, ws.Text)
			for round := range 3 { // the timer is set each time
				synctest.Wait() // no write is under way that could be joined
				start := time.Now()
				for range 2 {
					if err := p.session.Text(t.Context(), "answer"); err != nil {
						t.Fatal(err)
					}
				}
				synctest.Wait()
				if n, want := p.session.Buffered(), 16+2*p.on.header(); n != want {
					t.Fatalf("%d bytes are buffered while frames wait to be received, want %d", n, want)
				}
				p.expect(opText, "answer")
				if got := time.Since(start); got != time.Millisecond {
					t.Fatalf("round %d: the answer left after %v, want 1ms", round, got)
				}
				p.expect(opText, "answer")
			}
		})
	})
	t.Run("when the stream waits", func(t *testing.T) {
		inSynctest(t, &ws.Upgrader{}, func(t *testing.T, p *pair) {
			p.writeLater(bytes.Repeat(masked(fin|opText, []byte("question")), 2))
			start := time.Now()
			recvKind(t, p.stream, ws.Text)
			if err := p.session.Text(t.Context(), "answer"); err != nil {
				t.Fatal(err)
			}
			recvKind(t, p.stream, ws.Text)
			go func() { _, _ = p.stream.Recv(context.Background()) }()
			p.expect(opText, "answer")
			if got := time.Since(start); got != 0 {
				t.Fatalf("the answer left after %v, want at once", got)
			}
		})
	})
	t.Run("after the last message of the channel", func(t *testing.T) {
		inSynctest(t, &ws.Upgrader{}, func(t *testing.T, p *pair) {
			p.writeLater(bytes.Repeat(masked(fin|opText, []byte("question")), 18))
			messages := p.stream.Chan()
			synctest.Wait()
			start, answered := time.Now(), make(chan time.Time, 2)
			go func() {
				for range cap(answered) {
					p.expect(opText, "answer")
					answered <- time.Now()
				}
			}()
			for n := range 18 {
				<-messages
				switch n {
				case 3: // after it the stream waits
					if err := p.session.Text(t.Context(), "answer"); err != nil {
						t.Fatal(err)
					}
					synctest.Wait()
					if len(answered) > 0 {
						t.Error("the first answer left while messages were in the channel")
					}
				case 17:
					if err := p.session.Text(t.Context(), "answer"); err != nil {
						t.Fatal(err)
					}
				}
			}
			for range cap(answered) {
				if got := (<-answered).Sub(start); got != 0 {
					t.Errorf("an answer left after %v, want at once", got)
				}
			}
		})
	})
	t.Run("at 64 KiB", func(t *testing.T) {
		inSynctest(t, &ws.Upgrader{Options: ws.Options{SendBuffer: 1 << 20}}, func(t *testing.T, p *pair) {
			p.writeLater(bytes.Repeat(masked(fin|opText, []byte("question")), 2))
			recvKind(t, p.stream, ws.Text)
			start, answer := time.Now(), strings.Repeat("x", 10_000)
			for range 7 {
				if err := p.session.Text(t.Context(), answer); err != nil {
					t.Fatal(err)
				}
			}
			p.expect(opText, answer)
			if got := time.Since(start); got != 0 {
				t.Fatalf("64 KiB left after %v, want at once", got)
			}
		})
	})
}

func TestSendOnIdleSessionIsNotBatched(t *testing.T) {
	inSynctest(t, &ws.Upgrader{}, func(t *testing.T, p *pair) {
		start := time.Now()
		if err := p.session.Text(t.Context(), "news"); err != nil {
			t.Fatal(err)
		}
		p.expect(opText, "news")
		p.writeLater(masked(fin|opText, []byte("question")))
		recvKind(t, p.stream, ws.Text) // the last that has arrived
		if err := p.session.Text(t.Context(), "answer"); err != nil {
			t.Fatal(err)
		}
		p.expect(opText, "answer")
		if got := time.Since(start); got != 0 {
			t.Fatalf("the messages left after %v, want at once", got)
		}
	})
}

func TestConcurrentSendersShareWrite(t *testing.T) {
	eachSide(t, func(t *testing.T, on side) {
		count := new(atomic.Int64)
		counted := func(c net.Conn) net.Conn { return countingConn{c, count} }
		on.inSynctestOver(t, &ws.Upgrader{}, counted, func(t *testing.T, p *pair) {
			for range 100 { // the first is being written while the others come
				if err := p.session.Text(t.Context(), "hello"); err != nil {
					t.Fatal(err)
				}
				synctest.Wait()
			}
			for range 100 {
				p.expect(opText, "hello")
			}
			if n := count.Load(); n > 2 {
				t.Fatalf("%d writes, want 2", n)
			}
		})
	})
}
