package ws_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"runtime"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/handset-go/handset/ws"
)

// quick is a heartbeat for tests in real time.
var quick = ws.Heartbeat{Interval: 150 * time.Millisecond, Timeout: 150 * time.Millisecond}

// throttled is a connection of which not more than some bytes a ms are read.
type throttled struct {
	net.Conn
	rate  int
	began time.Time
	n     int
}

func (c *throttled) Read(p []byte) (int, error) {
	if c.began.IsZero() {
		c.began = time.Now()
	}
	time.Sleep(time.Until(c.began.Add(time.Duration(c.n/c.rate) * time.Millisecond)))
	n, err := c.Conn.Read(p[:min(len(p), 4<<10)])
	c.n += n
	return n, err
}

// The whole message is received, however long that takes: a peer that takes
// bytes is alive, be it out of the queue or of what the operating system holds.
func TestAPeerThatTakesALongMessageSlowlyIsNotCut(t *testing.T) {
	const size, rate = 12 << 20, 4 << 10 // three seconds, half of it out of the system's buffers
	for _, over := range transports {
		if over.wrap || runtime.GOOS != "linux" {
			continue // of which the operating system's part is not told
		}
		t.Run(over.name, func(t *testing.T) {
			u := ws.Upgrader{Heartbeat: quick}
			p := connectOver(t, over, u)
			p.br = bufio.NewReader(&throttled{Conn: p.client.conn, rate: rate})
			end := receiveAll(p)
			if err := p.session.Binary(within(t), make([]byte, size)); err != nil {
				t.Fatal(err)
			}
			for got := 0; got < size; {
				f, err := p.next()
				if err != nil {
					t.Fatalf("%v after %d bytes; the stream %v", err, got, <-end)
				}
				switch f.opcode() {
				case opBinary:
					got += len(f.payload)
				case opPing:
					p.send(opPong, string(f.payload))
				}
			}
		})
	}
}

// Out of a full queue, whatever the transport tells.
func TestAPeerForWhichMoreIsQueuedIsNotPinged(t *testing.T) {
	bubble(t, ws.Upgrader{}, func(t *testing.T, p *pair) {
		end := receiveAll(p)
		if err := p.session.Binary(t.Context(), make([]byte, 60_000)); err != nil {
			t.Fatal(err)
		}
		for range 600 { // ten minutes, without a word
			time.Sleep(time.Second)
			if _, err := io.ReadFull(p.conn, make([]byte, 100)); err != nil {
				t.Fatal(err, <-end)
			}
		}
		if _, err := io.ReadFull(p.conn, make([]byte, 4)); err != nil { // what the header has added
			t.Fatal(err)
		}
		began := time.Now()
		if f, err := p.next(); err != nil || f.opcode() != opPing {
			t.Fatal(f, err)
		}
		left := time.Now()
		if wait := left.Sub(began); wait < 28*time.Second || wait > time.Minute {
			t.Errorf("pinged %v after the queue was empty", wait)
		}
		if err := <-end; !errors.Is(err, ws.ErrHeartbeatTimeout) || time.Since(left) != 30*time.Second {
			t.Errorf("ended with %v %v after the ping", err, time.Since(left))
		}
	})
}

func TestAPingIsCountedWhenItHasLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u := new(ws.Upgrader)
		end, peer := net.Pipe()
		session, stream, err := u.Handle(&writer{conn: end}, request())
		if err != nil {
			t.Fatal(err)
		}
		p := &pair{newClient(t, peer), session, stream}
		ended := receiveAll(p)
		time.Sleep(50 * time.Second) // the Ping is queued, and not taken
		if n := u.Stats().Pings; n != 0 {
			t.Errorf("%d pings were counted that had not left", n)
		}
		if f, err := p.next(); err != nil || f.opcode() != opPing {
			t.Fatal(f, err)
		}
		synctest.Wait()
		left := time.Now()
		if n := u.Stats().Pings; n != 1 {
			t.Errorf("%d pings were counted, want 1", n)
		}
		if err := <-ended; !errors.Is(err, ws.ErrHeartbeatTimeout) || time.Since(left) != 30*time.Second {
			t.Errorf("ended with %v %v after the ping", err, time.Since(left))
		}
		<-session.Done()
	})
}

// What counts is when bytes last arrived, not when somebody last began to wait.
func TestASilentPeerIsGoneThoughTheProgramPolls(t *testing.T) {
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
			overAll(t, ws.Upgrader{Heartbeat: quick}, func(t *testing.T, p *pair) {
				began := time.Now()
				err := poll(p, pauses[0], pauses[1])
				if took := time.Since(began); !errors.Is(err, ws.ErrHeartbeatTimeout) || took < 250*time.Millisecond {
					t.Errorf("ended after %v with %v", took, err)
				}
			})
			bubble(t, ws.Upgrader{}, func(t *testing.T, p *pair) {
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

func TestAPeerThatAnswersStaysThoughTheProgramPolls(t *testing.T) {
	overAll(t, ws.Upgrader{Heartbeat: quick}, func(t *testing.T, p *pair) {
		p.pongs()
		for began := time.Now(); time.Since(began) < 10*quick.Interval; {
			ctx, cancel := context.WithTimeout(context.Background(), 5*time.Millisecond)
			if _, err := p.stream.Recv(ctx); err != context.DeadlineExceeded {
				t.Fatal(err)
			}
			cancel()
		}
	})
}

// Its Pongs lie unread, and only the operating system knows of them, or nobody.
func TestAPeerOfABusyProgramStays(t *testing.T) {
	for _, name := range []string{"at once", "after a message", "behind a message"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			overAll(t, ws.Upgrader{Heartbeat: quick}, func(t *testing.T, p *pair) {
				counted := p.pongs()
				switch name {
				case "after a message":
					p.send(opText, "takes time")
					recvKind(t, p.stream, ws.Text)
				case "behind a message":
					p.send(opText, "lies unread")
				}
				select {
				case <-p.session.Done():
					t.Fatal(p.session.Err())
				case <-time.After(10 * quick.Interval):
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

// Nobody reads, and so nobody sees the connection's end.
func TestASessionThatNobodyReadsEndsWhenItsPeerIsGone(t *testing.T) {
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
		{"a channel that nobody takes from", func(t *testing.T, p *pair) {
			p.stream.Chan()
			for range 40 {
				p.send(opText, "not taken")
			}
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			// CloseTimeout, since a channel that nobody takes from may yet be read to its end.
			overAll(t, ws.Upgrader{Heartbeat: quick, CloseTimeout: time.Second}, func(t *testing.T, p *pair) {
				test.before(t, p)
				p.client.conn.Close()
				began := time.Now()
				await(t, p.session.Done(), "the session's end")
				if took := time.Since(began); took > 5*time.Second {
					t.Errorf("ended after %v", took)
				}
				t.Log(time.Since(began), p.session.Err())
			})
		})
	}
}

// A record of TLS is received when it is whole; but its first bytes have come.
func TestTheBeginningOfATLSRecordIsASignOfLife(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux tells of what has arrived")
	}
	received := make(chan error, 1)
	u := &ws.Upgrader{Heartbeat: quick}
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
	under := &dripping{Conn: raw}
	conn := tlsClient(srv, under)
	defer conn.Close()
	shake(t, conn, request())
	under.drips.Store(true)
	if _, err := conn.Write(masked(fin|opBinary, make([]byte, 10_000))); err != nil {
		t.Log(err)
	}
	if err := await(t, received, "the message"); err != nil {
		t.Fatal(err)
	}
	_ = u.Close()
}

// dripping is a connection on which what is written leaves little by little.
type dripping struct {
	net.Conn
	drips atomic.Bool
}

func (c *dripping) Write(p []byte) (n int, err error) {
	if !c.drips.Load() {
		return c.Conn.Write(p)
	}
	for n < len(p) && err == nil {
		time.Sleep(quick.Interval / 3)
		k := 0
		k, err = c.Conn.Write(p[n:min(n+500, len(p))])
		n += k
	}
	return n, err
}
