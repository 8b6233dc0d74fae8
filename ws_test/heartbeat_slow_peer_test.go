package ws_test

import (
	"bufio"
	"errors"
	"io"
	"net"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/handset-go/handset/ws"
)

// shortHeartbeat is a heartbeat for tests in real time.
var shortHeartbeat = ws.Heartbeat{Interval: 300 * time.Millisecond, Timeout: 300 * time.Millisecond}

// patientHeartbeat is one whose Pings are answered in time, also on a busy machine.
var patientHeartbeat = ws.Heartbeat{Interval: 300 * time.Millisecond, Timeout: 2 * time.Second}

// slowReadConn is a connection of which not more than some bytes a ms are read.
type slowReadConn struct {
	net.Conn
	rate  int
	began time.Time
	n     int
}

func (c *slowReadConn) Read(p []byte) (int, error) {
	if c.began.IsZero() {
		c.began = time.Now()
	}
	time.Sleep(time.Until(c.began.Add(time.Duration(c.n/c.rate) * time.Millisecond)))
	n, err := c.Conn.Read(p[:min(len(p), 4<<10)])
	c.n += n
	return n, err
}

// The whole message is received, however long that takes: a peer that takes
// bytes is active, whether they come from the queue or from the system's buffer.
func TestHeartbeatOfSlowReader(t *testing.T) {
	t.Parallel()
	eachSide(t, func(t *testing.T, on side) {
		t.Parallel()
		const size, rate = 12 << 20, 4 << 10 // three seconds, half of it out of the system's buffers
		for _, over := range transports {
			if over.wrap || runtime.GOOS != "linux" {
				continue // for which the operating system's buffer is not known
			}
			if over.tls && on == clientSide {
				continue // the same takes seconds again
			}
			t.Run(over.name, func(t *testing.T) {
				u := &ws.Upgrader{Options: ws.Options{Heartbeat: shortHeartbeat}}
				p := on.connectOver(t, over, u)
				p.br = bufio.NewReader(&slowReadConn{Conn: p.client.conn, rate: rate})
				end := receiveAll(p)
				if err := p.session.Binary(testContext(t), make([]byte, size)); err != nil {
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
	})
}

// The peer takes bytes out of a full queue, whatever the transport reports.
func TestHeartbeatWaitsForQueue(t *testing.T) {
	inSynctest(t, &ws.Upgrader{}, func(t *testing.T, p *pair) {
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

// The timeout of a ping starts when the ping has left.
func TestHeartbeatCountsSentPingOnly(t *testing.T) {
	eachSide(t, func(t *testing.T, on side) {
		synctest.Test(t, func(t *testing.T) {
			from := on.endpoint(t, nil)
			end, peer := net.Pipe()
			session, stream := begin(t, from, end, nil)
			p := &pair{on.peer(t, peer), session, stream}
			ended := receiveAll(p)
			time.Sleep(50 * time.Second) // the Ping is queued, and not taken
			if n := from.Stats().Pings; n != 0 {
				t.Errorf("%d pings were counted that had not left", n)
			}
			if f, err := p.next(); err != nil || f.opcode() != opPing {
				t.Fatal(f, err)
			}
			synctest.Wait()
			left := time.Now()
			if n := from.Stats().Pings; n != 1 {
				t.Errorf("%d pings were counted, want 1", n)
			}
			if err := <-ended; !errors.Is(err, ws.ErrHeartbeatTimeout) || time.Since(left) != 30*time.Second {
				t.Errorf("ended with %v %v after the ping", err, time.Since(left))
			}
			<-session.Done()
		})
	})
}
