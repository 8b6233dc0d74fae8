package ws_test

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/handset-go/handset/ws"
)

func TestWriteTimeoutOfStalledPeer(t *testing.T) {
	inSynctest(t, &ws.Upgrader{Options: ws.Options{SendBuffer: 100, Heartbeat: noHeartbeat}}, func(t *testing.T, p *pair) {
		time.Sleep(time.Hour) // an idle session has no timeout
		start := time.Now()
		if err := p.session.Text(t.Context(), strings.Repeat("x", 98)); err != nil {
			t.Fatal(err)
		}
		err := p.session.Text(t.Context(), "waits")
		if got := time.Since(start); got != 30*time.Second {
			t.Fatalf("the session lasted %v, want 30s", got)
		}
		if !errors.Is(err, ws.ErrWriteTimeout) || !errors.Is(err, ws.ErrClosed) {
			t.Fatalf("the send that waited returned %v", err)
		}
		<-p.session.Done()
		if err := p.session.Err(); err != ws.ErrWriteTimeout {
			t.Fatalf("the session ended with %v", err)
		}
		if err := p.session.Text(t.Context(), "late"); !errors.Is(err, ws.ErrWriteTimeout) || !errors.Is(err, net.ErrClosed) {
			t.Fatalf("a send after that returned %v", err)
		}
		if msg, err := p.stream.Recv(t.Context()); !errors.Is(err, ws.ErrWriteTimeout) || !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Fatalf("Recv returned %v, %v", msg.Kind, err)
		}
	})
}

// Sending more does not extend the write timeout.
func TestWriteTimeoutIsNotExtendedBySends(t *testing.T) {
	inSynctest(t, &ws.Upgrader{Options: ws.Options{SendBuffer: 1000}}, func(t *testing.T, p *pair) {
		start := time.Now()
		for err := error(nil); err == nil; time.Sleep(time.Second) {
			err = p.session.Ping(t.Context(), []byte("alive?"))
		}
		if got := time.Since(start).Truncate(10 * time.Second); got != 30*time.Second {
			t.Fatalf("the session lasted %v, want 30s", got)
		}
		if err := p.session.Err(); err != ws.ErrWriteTimeout {
			t.Fatalf("the session ended with %v", err)
		}
	})
}

func TestWriteTimeoutOverTransports(t *testing.T) {
	t.Parallel()
	eachSide(t, func(t *testing.T, on side) {
		t.Parallel()
		for _, over := range transports {
			t.Run(over.name, func(t *testing.T) {
				p := on.connectOver(t, over, &ws.Upgrader{Options: ws.Options{WriteTimeout: 500 * time.Millisecond}})
				ended := make(chan error, 1)
				go func() {
					for {
						if _, err := p.stream.Recv(context.Background()); err != nil {
							ended <- err
							return
						}
					}
				}()
				filler := []byte(strings.Repeat("x", 10_000))
				var err error
				for err == nil {
					err = p.session.Binary(testContext(t), filler)
				}
				if !errors.Is(err, ws.ErrWriteTimeout) || !errors.Is(err, ws.ErrClosed) {
					t.Fatalf("the send that waited returned %v", err)
				}
				await(t, p.session.Done(), "the session's end")
				if err := p.session.Err(); err != ws.ErrWriteTimeout {
					t.Fatalf("the session ended with %v", err)
				}
				if err := await(t, ended, "the reader's end"); !errors.Is(err, ws.ErrWriteTimeout) {
					t.Fatalf("Recv returned %v", err)
				}
			})
		}
	})
}

func TestWriteTimeoutOfSteadyReader(t *testing.T) {
	inSynctest(t, &ws.Upgrader{}, func(t *testing.T, p *pair) {
		if err := p.session.Text(t.Context(), strings.Repeat("x", 20_000)); err != nil {
			t.Fatal(err)
		}
		for got, b := 0, make([]byte, 1000); got < 20_004; {
			time.Sleep(20 * time.Second)
			n, err := p.client.conn.Read(b)
			if err != nil {
				t.Fatalf("after %d bytes: %v", got, err)
			}
			got += n
		}
		if err := p.session.Text(t.Context(), "alive"); err != nil {
			t.Fatal(err)
		}
		p.expect(opText, "alive")
	})
}

func TestWriteTimeoutOfSteadySocketReader(t *testing.T) {
	t.Parallel()
	eachSide(t, func(t *testing.T, on side) {
		t.Parallel()
		const total, timeout = 600_000, 3 * time.Second // a busy machine may stop the reader for more than a second
		p := on.connectUnix(t, "unix", &ws.Upgrader{Options: ws.Options{SendBuffer: 2 * total, WriteTimeout: timeout}},
			func(c net.Conn) { _ = c.(*net.UnixConn).SetWriteBuffer(4 << 10) })
		if err := p.session.Text(testContext(t), strings.Repeat("x", total)); err != nil {
			t.Fatal(err)
		}
		start, pace := time.Now(), time.NewTicker(50*time.Millisecond)
		defer pace.Stop()
		for got, b := 0, make([]byte, 4<<10); got < total; <-pace.C {
			n, err := p.br.Read(b)
			if err != nil {
				t.Fatalf("after %d bytes and %v: %v", got, time.Since(start), err)
			}
			got += n
		}
		if took := time.Since(start); took < 2*timeout {
			t.Fatalf("reading took %v, too short to prove anything", took)
		}
	})
}
