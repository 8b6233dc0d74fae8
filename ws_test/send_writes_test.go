package ws_test

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"sync/atomic"
	"testing"

	"github.com/handset-go/handset/ws"
)

// echoes are all ways to receive, each of which sends back what it receives.
var echoes = map[string]func(*pair) error{
	"Recv": func(p *pair) error {
		for {
			msg, err := p.stream.Recv(context.Background())
			if err != nil || p.session.Send(context.Background(), msg) != nil {
				return err
			}
		}
	},
	"All": func(p *pair) error {
		for msg, err := range p.stream.All(context.Background()) {
			if err != nil || p.session.Send(context.Background(), msg) != nil {
				return err
			}
		}
		return nil
	},
	"Aggregate": func(p *pair) error { return echo(p.session, p.stream.Aggregate(0)) },
	"Chan": func(p *pair) error {
		for msg := range p.stream.Chan() {
			if p.session.Send(context.Background(), msg) != nil {
				break
			}
		}
		return p.stream.Err()
	},
}

// burst is 64 messages as a client sends them in one write, and as it expects
// them back.
func burst() (sent []byte, want []byte) {
	for i := range 64 {
		payload := fmt.Appendf(nil, "message %d", i)
		sent = append(sent, masked(fin|opText, payload)...)
		want = append(want, fin|opText, byte(len(payload)))
		want = append(want, payload...)
	}
	return sent, want
}

func TestBurstIsEchoedInFewWrites(t *testing.T) {
	eachSide(t, func(t *testing.T, on side) {
		for name, echo := range echoes {
			t.Run("polled,"+name, func(t *testing.T) {
				p := on.connectUnix(t, "unixpacket", &ws.Upgrader{}, nil)
				go func() { _ = echo(p) }()
				packet := make([]byte, 1<<20)
				expectFewWrites(t, p, func(want int) (writes int) {
					for got := 0; got < want; writes++ { // a read of this socket returns the bytes of one write
						n, err := p.client.conn.Read(packet)
						if err != nil {
							t.Fatal(err)
						}
						got += n
					}
					return writes
				})
			})
			for _, over := range transports[1:] {
				t.Run(over.name+","+name, func(t *testing.T) {
					count := new(atomic.Int64)
					p := on.connectOn(t, countingListener{listen(t), count}, over.tls, &ws.Upgrader{})
					go func() { _ = echo(p) }()
					expectFewWrites(t, p, func(want int) int {
						before := count.Load()
						if _, err := p.br.Discard(want); err != nil {
							t.Fatal(err)
						}
						return int(count.Load() - before)
					})
				})
			}
		}
	})
}

// Behind Chan are two goroutines, which run in parallel even in a bubble: now and
// then the one that answers is faster than the one that reads.
func TestBurstIsEchoedInFewWritesInSynctest(t *testing.T) {
	eachSide(t, func(t *testing.T, on side) {
		for name, echo := range echoes {
			t.Run(name, func(t *testing.T) {
				var writes int64
				for range 5 {
					if writes = on.burstInSynctest(t, echo); writes <= 4 {
						return
					}
				}
				t.Fatalf("64 messages came back in %d writes", writes)
			})
		}
	})
}

// burstInSynctest has a burst echoed, and returns the number of writes.
func (on side) burstInSynctest(t *testing.T, echo func(*pair) error) int64 {
	count := new(atomic.Int64)
	counted := func(c net.Conn) net.Conn { return countingConn{c, count} }
	on.inSynctestOver(t, &ws.Upgrader{}, counted, func(t *testing.T, p *pair) {
		go func() { _ = echo(p) }()
		sent, want := burst()
		p.writeLater(sent)
		got := make([]byte, len(want))
		for n := 0; n < len(got); {
			m, err := p.br.Read(got[n:])
			if err != nil {
				t.Fatal(err)
			}
			n += m
		}
		if !bytes.Equal(got, want) {
			t.Fatal("the echo differs")
		}
	})
	return count.Load()
}
