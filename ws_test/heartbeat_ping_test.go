package ws_test

import (
	"context"
	"errors"
	"io"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/handset-go/handset/ws"
)

// pongs answers the server's pings, for as long as it reads anything, and counts
// them.
func (c *client) pongs() <-chan int {
	counted := make(chan int, 1)
	go func() {
		n := 0
		for {
			f, err := c.next()
			if err != nil {
				counted <- n
				return
			}
			if f.opcode() == opPing {
				n++
				if _, err := c.conn.Write(masked(fin|opPong, f.payload)); err != nil {
					counted <- n
					return
				}
			}
		}
	}()
	return counted
}

func TestHeartbeatEndsSilentPeer(t *testing.T) {
	for _, test := range []struct {
		name           string
		heartbeat      ws.Heartbeat
		pinged, within time.Duration
	}{
		{"by default", ws.Heartbeat{}, 30 * time.Second, time.Minute},
		{"short timeout", ws.Heartbeat{Timeout: time.Second}, 30 * time.Second, 31 * time.Second},
		{"short interval", ws.Heartbeat{Interval: time.Second}, time.Second, 31 * time.Second},
		{"a day", ws.Heartbeat{Interval: 24 * time.Hour, Timeout: time.Hour}, 24 * time.Hour, 25 * time.Hour},
	} {
		t.Run(test.name, func(t *testing.T) {
			inSynctest(t, &ws.Upgrader{Options: ws.Options{Heartbeat: test.heartbeat}}, func(t *testing.T, p *pair) {
				began := time.Now()
				end := receiveAll(p)
				if f, err := p.next(); err != nil || f.opcode() != opPing || time.Since(began) != test.pinged {
					t.Fatalf("got %v, %v after %v, want a Ping after %v", f, err, time.Since(began), test.pinged)
				}
				if err := <-end; !errors.Is(err, ws.ErrHeartbeatTimeout) || !errors.Is(err, io.ErrUnexpectedEOF) {
					t.Errorf("the stream ended with %v", err)
				}
				<-p.session.Done()
				if took := time.Since(began); took != test.within || p.session.Err() != ws.ErrHeartbeatTimeout {
					t.Errorf("gone after %v with %v, want %v", took, p.session.Err(), test.within)
				}
			})
		})
	}
}

// A peer whose Pongs have no payload, as those of lxzan/gws by default, stays.
func TestHeartbeatAnsweredWithoutPayload(t *testing.T) {
	inSynctest(t, &ws.Upgrader{}, func(t *testing.T, p *pair) {
		end := receiveAll(p)
		for i := range 120 {
			if f, err := p.next(); err != nil || f.opcode() != opPing {
				t.Fatalf("got %v, %v; want Ping %d", f, err, i)
			}
			p.send(opPong, "")
		}
		p.client.conn.Close()
		if err := <-end; errors.Is(err, ws.ErrHeartbeatTimeout) {
			t.Errorf("the stream ended with %v", err)
		}
	})
}

// A peer that answers pings stays, and its pongs are not delivered.
func TestHeartbeatAnswered(t *testing.T) {
	inSynctest(t, &ws.Upgrader{}, func(t *testing.T, p *pair) {
		counted := p.pongs()
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour+time.Second)
		defer cancel()
		if msg, err := p.stream.Recv(ctx); err != context.DeadlineExceeded {
			t.Fatalf("received %v, %v", msg.Kind, err)
		}
		p.client.conn.Close()
		if n := <-counted; n != 120 {
			t.Errorf("pinged %d times in an hour, want 120", n)
		}
	})
}

func TestLatency(t *testing.T) {
	inSynctest(t, &ws.Upgrader{}, func(t *testing.T, p *pair) {
		end := receiveAll(p)
		for _, want := range []time.Duration{40 * time.Millisecond, 1234 * time.Microsecond, 20 * time.Second} {
			f, err := p.next()
			if err != nil || f.opcode() != opPing {
				t.Fatal(f, err)
			}
			time.Sleep(want)
			p.send(opPong, string(f.payload))
			synctest.Wait()
			if got := p.session.Latency(); got != want {
				t.Errorf("latency %v, want %v", got, want)
			}
			p.send(opPong, string(f.payload)) // again, which has no effect
			synctest.Wait()
			if got := p.session.Latency(); got != want {
				t.Errorf("latency %v after a second Pong, want %v", got, want)
			}
		}
		p.client.conn.Close()
		<-end
	})
}

// Any byte that arrives counts as activity.
func TestHeartbeatCountsAnyByte(t *testing.T) {
	frame := masked(fin|opBinary, make([]byte, 1000))
	inSynctest(t, &ws.Upgrader{}, func(t *testing.T, p *pair) {
		p.br.Reset(neverRead{}) // a Ping would wait for a reader, and end the session
		received := make(chan error, 1)
		go func() {
			_, err := p.stream.Recv(context.Background())
			received <- err
		}()
		for _, b := range p.on.sent(frame) {
			time.Sleep(29 * time.Second)
			if _, err := underlying(p.conn).Write([]byte{b}); err != nil {
				t.Fatal(err)
			}
		}
		if err := <-received; err != nil {
			t.Fatal(err)
		}
	})
}

func TestHeartbeatDisabled(t *testing.T) {
	for _, off := range []ws.Heartbeat{{Interval: -1}, {Timeout: -1}} {
		inSynctest(t, &ws.Upgrader{Options: ws.Options{Heartbeat: off}}, func(t *testing.T, p *pair) {
			ctx, cancel := context.WithTimeout(t.Context(), 1000*time.Hour)
			defer cancel()
			if _, err := p.stream.Recv(ctx); err != context.DeadlineExceeded {
				t.Fatal(err)
			}
		})
	}
}

func TestHeartbeatOfManySessions(t *testing.T) {
	const sessions = 1500
	synctest.Test(t, func(t *testing.T) {
		u := new(ws.Upgrader)
		began := time.Now()
		ended := make(chan time.Duration, sessions)
		for range sessions {
			end, peer := net.Pipe()
			session, stream, err := u.Handle(&responseWriter{conn: end}, request())
			if err != nil {
				t.Fatal(err)
			}
			go io.Copy(io.Discard, peer)
			go func(start time.Time) {
				_, _ = stream.Recv(context.Background())
				<-session.Done()
				ended <- time.Since(start)
			}(time.Now())
			time.Sleep(7 * time.Millisecond)
		}
		for range sessions {
			if took := <-ended; took > time.Minute || took < 56*time.Second {
				t.Errorf("a session ended after %v, want at most a minute", took)
			}
		}
		if took := time.Since(began); took > 2*time.Minute {
			t.Errorf("all ended after %v", took)
		}
	})
}

func TestHeartbeatOverTransports(t *testing.T) {
	t.Parallel()
	u := &ws.Upgrader{Options: ws.Options{Heartbeat: ws.Heartbeat{Interval: 30 * time.Millisecond, Timeout: 30 * time.Millisecond}}}
	overTransports(t, u, func(t *testing.T, p *pair) {
		err := await(t, receiveAll(p), "the stream's end")
		if !errors.Is(err, ws.ErrHeartbeatTimeout) {
			t.Fatalf("the stream ended with %v", err)
		}
		expectSessionEnd(t, p.session, ws.ErrHeartbeatTimeout)
	})
}
