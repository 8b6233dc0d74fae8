package ws_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/handset-go/handset/ws"
)

// What counts is when bytes last arrived, not when somebody last began to wait.
func TestHeartbeatOfPollingProgram(t *testing.T) {
	t.Parallel()
	poll := func(p *pair, wait, pause time.Duration) error {
		for {
			ctx, cancel := context.WithTimeout(context.Background(), wait)
			_, err := p.stream.Recv(ctx)
			cancel()
			if err != context.DeadlineExceeded {
				return err
			}
			time.Sleep(pause)
		}
	}
	for name, pauses := range map[string][2]time.Duration{
		"one after the other": {time.Millisecond, 0},
		"with pauses":         {time.Millisecond, 20 * time.Millisecond},
		"long":                {100 * time.Millisecond, time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			overTransportsInParallel(t, &ws.Upgrader{Options: ws.Options{Heartbeat: shortHeartbeat}}, func(t *testing.T, p *pair) {
				began := time.Now()
				err := poll(p, pauses[0], pauses[1])
				if took := time.Since(began); !errors.Is(err, ws.ErrHeartbeatTimeout) || took < shortHeartbeat.Interval {
					t.Errorf("ended after %v with %v", took, err)
				}
			})
			inSynctest(t, &ws.Upgrader{}, func(t *testing.T, p *pair) {
				go io.Copy(io.Discard, p.br)
				began := time.Now()
				err := poll(p, 1000*pauses[0], 1000*pauses[1])
				if took := time.Since(began); !errors.Is(err, ws.ErrHeartbeatTimeout) || took > 64*time.Second+2000*pauses[1] || took < 58*time.Second {
					t.Errorf("ended after %v with %v", took, err)
				}
			})
		})
	}
}

func TestHeartbeatAnsweredInPollingProgram(t *testing.T) {
	t.Parallel()
	overTransportsInParallel(t, &ws.Upgrader{Options: ws.Options{Heartbeat: patientHeartbeat}}, func(t *testing.T, p *pair) {
		p.pongs()
		for began := time.Now(); time.Since(began) < 10*patientHeartbeat.Interval; {
			ctx, cancel := context.WithTimeout(context.Background(), 5*time.Millisecond)
			if _, err := p.stream.Recv(ctx); err != context.DeadlineExceeded {
				t.Fatal(err)
			}
			cancel()
		}
	})
}

// Its Pongs are not read: they are in the receive buffer of the operating system.
func TestHeartbeatOfBusyProgram(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"at once", "after a message", "behind a message"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			eachTransport(t, func(t *testing.T, on side, over transport) {
				t.Parallel()
				from, p := on.pairOf(t, over, &ws.Upgrader{Options: ws.Options{Heartbeat: patientHeartbeat}})
				counted := p.pongs()
				switch name {
				case "after a message":
					p.send(opText, "takes time")
					recvKind(t, p.stream, ws.Text)
				case "behind a message":
					p.send(opText, "lies unread")
				}
				for began := time.Now(); time.Since(began) < 10*patientHeartbeat.Interval || from.Stats().Pings <= 3; {
					select {
					case <-p.session.Done():
						t.Fatal(p.session.Err())
					case <-time.After(patientHeartbeat.Interval):
					}
					if time.Since(began) > testTimeout {
						t.Fatalf("sent %d pings", from.Stats().Pings)
					}
				}
				p.send(opText, "still here")
				if name == "behind a message" {
					recvKind(t, p.stream, ws.Text)
				}
				if msg := recvKind(t, p.stream, ws.Text); string(msg.Data) != "still here" {
					t.Errorf("received %q", msg.Data)
				}
				p.client.conn.Close()
				if n := await(t, counted, "the count"); n < 3 {
					t.Errorf("pinged %d times", n)
				}
			})
		})
	}
}

// Without a reader no read reports the end of the connection.
func TestUnreadSessionEndsWhenPeerIsGone(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		before func(*testing.T, *pair)
	}{
		{"never read", func(*testing.T, *pair) {}},
		{"left unread", func(t *testing.T, p *pair) { p.send(opText, "nobody reads this") }},
		{"read once", func(t *testing.T, p *pair) {
			p.send(opText, "hello")
			recvKind(t, p.stream, ws.Text)
		}},
		{"a loop left", func(t *testing.T, p *pair) {
			p.send(opText, "hello")
			for range p.stream.All(context.Background()) {
				break
			}
		}},
		{"an unread channel", func(t *testing.T, p *pair) {
			p.stream.Chan()
			for range 40 {
				p.send(opText, "not taken")
			}
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			// CloseTimeout, since an unread channel may yet be read to its end.
			overTransportsInParallel(t, &ws.Upgrader{Options: ws.Options{Heartbeat: shortHeartbeat, CloseTimeout: time.Second}}, func(t *testing.T, p *pair) {
				test.before(t, p)
				p.client.conn.Close()
				began := time.Now()
				await(t, p.session.Done(), "the session's end")
				if took := time.Since(began); took > testTimeout/3 { // the default times take longer
					t.Errorf("ended after %v", took)
				}
				t.Log(time.Since(began), p.session.Err())
			})
		})
	}
}

// A TLS record is received only when it is complete, but its first bytes count.
func TestHeartbeatCountsPartialTLSRecord(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("only Linux reports what has arrived")
	}
	received := make(chan error, 1)
	u := &ws.Upgrader{Options: ws.Options{Heartbeat: patientHeartbeat}}
	srv := serve(t, transports[2], http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, stream, err := u.Handle(w, r)
		if err == nil {
			_, err = stream.Recv(context.Background())
		}
		received <- err
	}))
	raw, err := net.Dial("tcp", srv.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	under := &slowWriteConn{Conn: raw}
	conn := tlsClient(srv, under)
	defer conn.Close()
	handshakeOn(t, conn, request())
	under.slow.Store(true)
	if _, err := conn.Write(masked(fin|opBinary, make([]byte, 15_000))); err != nil { // takes three seconds
		t.Log(err)
	}
	if err := await(t, received, "the message"); err != nil {
		t.Fatal(err)
	}
	_ = u.Close()
}

// slowWriteConn is a connection that can write 500 bytes at a time, with pauses.
type slowWriteConn struct {
	net.Conn
	slow atomic.Bool
}

func (c *slowWriteConn) Write(p []byte) (n int, err error) {
	if !c.slow.Load() {
		return c.Conn.Write(p)
	}
	for n < len(p) && err == nil {
		time.Sleep(patientHeartbeat.Interval / 3)
		k := 0
		k, err = c.Conn.Write(p[n:min(n+500, len(p))])
		n += k
	}
	return n, err
}

// A program that does not read keeps its session.
func TestHeartbeatOfProgramThatDoesNotRead(t *testing.T) {
	inSynctest(t, &ws.Upgrader{}, func(t *testing.T, p *pair) {
		go io.Copy(io.Discard, p.br) // it is pinged nevertheless
		time.Sleep(time.Hour)
		p.writeLater(masked(fin|opText, []byte("still here")))
		recvKind(t, p.stream, ws.Text)
		time.Sleep(time.Hour) // at work on the message
		if err := p.session.Err(); err != nil {
			t.Fatal(err)
		}
	})
}

type neverRead struct{}

func (neverRead) Read([]byte) (int, error) { return 0, io.EOF }
