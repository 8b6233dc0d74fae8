package ws_test

import (
	"context"
	"io"
	"os"
	"testing"
	"time"

	"github.com/handset-go/handset/ws"
)

// soak skips a test that takes minutes, unless it is asked for: make soak.
func soak(t *testing.T) {
	if os.Getenv("HANDSET_SOAK") == "" {
		t.Skip("takes minutes: set HANDSET_SOAK, or run make soak")
	}
}

// All options are the defaults, and all times real.
func TestSoakSlowPeers(t *testing.T) {
	soak(t)
	for _, tt := range []struct {
		name string
		rate int // that the peer reads at, in bytes a second
		time time.Duration
		send func(p *pair, ctx context.Context) error
	}{
		{"a stream of messages at 12 kB/s", 12_000, 3 * time.Minute, func(p *pair, ctx context.Context) error {
			for {
				if err := p.session.Binary(ctx, make([]byte, 8<<10)); err != nil {
					return err
				}
			}
		}},
		{"a stream of messages at 20 kB/s", 20_000, 3 * time.Minute, func(p *pair, ctx context.Context) error {
			for {
				if err := p.session.Binary(ctx, make([]byte, 8<<10)); err != nil {
					return err
				}
			}
		}},
		{"a message of 12 MiB at 100 kB/s", 100_000, 3 * time.Minute, func(p *pair, ctx context.Context) error {
			return p.session.Binary(ctx, make([]byte, 12<<20))
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			connectEach(t, func() *ws.Upgrader { return &ws.Upgrader{} }, func(t *testing.T, p *pair) {
				ctx, stop := context.WithTimeout(context.Background(), tt.time)
				defer stop()
				go func() { _ = tt.send(p, ctx) }()
				go func() {
					for range p.stream.All(context.Background()) {
					}
				}()
				_ = p.conn.SetDeadline(time.Now().Add(tt.time + testTimeout))
				slow := newPacedReader(t, p.br, tt.rate)
				for total, b := 0, make([]byte, 4<<10); ctx.Err() == nil; {
					n, err := slow.Read(b)
					if total += n; err != nil {
						t.Fatalf("after %d bytes: %v, %v", total, err, p.session.Err())
					}
					if total >= 12<<20+10 {
						return // the whole of the large one
					}
				}
			})
		})
	}
}

func TestSoakBacklogBeforeClose(t *testing.T) {
	soak(t)
	connectEach(t, func() *ws.Upgrader { return &ws.Upgrader{} }, func(t *testing.T, p *pair) {
		if err := p.session.Binary(testContext(t), make([]byte, 24<<20)); err != nil {
			t.Fatal(err)
		}
		_ = p.session.Close(ws.CloseReason{Code: ws.CloseNormal})
		_ = p.conn.SetDeadline(time.Now().Add(time.Minute))
		p.br.Reset(io.Reader(newPacedReader(t, p.conn, 3<<20)))
		if f, err := p.next(); err != nil || len(f.payload) != 24<<20 {
			t.Fatalf("%d bytes, %v", len(f.payload), err)
		}
		p.expectClose(1000)
	})
}
