package ws_test

import (
	"context"
	"fmt"
	"net"
	"slices"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/handset-go/handset/ws"
)

// When a write has failed, the session ends at the end of what the peer has sent, also if the
// reader leaves before that.
func TestFailedWriteThenReaderLeaves(t *testing.T) {
	u := &ws.Upgrader{Options: ws.Options{Heartbeat: noHeartbeat}}
	for name, receive := range map[string]func(t *testing.T, p *pair){
		"out of the loop": func(t *testing.T, p *pair) {
			for range p.stream.All(t.Context()) {
				failWrite(t, p)
				break
			}
		},
		"out of the loop, later": func(t *testing.T, p *pair) {
			for m := range p.stream.All(t.Context()) {
				if string(m.Data) == "second" {
					break
				}
				failWrite(t, p)
			}
		},
		"in the loop's body": func(t *testing.T, p *pair) {
			for range p.stream.All(t.Context()) {
				failWrite(t, p)
				expectEndAfter(t, p)
			}
		},
		"after a Recv": func(t *testing.T, p *pair) {
			failWrite(t, p)
			recvKind(t, p.stream, ws.Text)
			recvKind(t, p.stream, ws.Text)
			time.Sleep(time.Second)
		},
		"in a Recv whose context ends": func(t *testing.T, p *pair) {
			failWrite(t, p)
			recvKind(t, p.stream, ws.Text)
			recvKind(t, p.stream, ws.Text)
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			if _, err := p.stream.Recv(ctx); err != context.DeadlineExceeded {
				t.Errorf("Recv returned %v", err)
			}
		},
		"in a Recv whose context has ended": func(t *testing.T, p *pair) {
			failWrite(t, p)
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			if _, err := p.stream.Recv(ctx); err != context.Canceled {
				t.Errorf("Recv returned %v", err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			inSynctestOver(t, u, func(c net.Conn) net.Conn { return unwritable{c} }, func(t *testing.T, p *pair) {
				go p.write(append(masked(fin|opText, []byte("first")), masked(fin|opText, []byte("second"))...))
				receive(t, p)
				expectEndAfter(t, p)
			})
		})
	}
}

// failWrite sends, and waits until that has failed: what is sent while messages arrive
// is delayed.
func failWrite(t *testing.T, p *pair) {
	_ = p.session.Text(t.Context(), "hello?")
	time.Sleep(time.Second)
}

// expectEndAfter closes the peer's connection, after which the session must end at once.
func expectEndAfter(t *testing.T, p *pair) {
	t.Helper()
	synctest.Wait()
	closed := time.Now()
	p.client.conn.Close()
	expectSessionEnd(t, p.session, syscall.EPIPE)
	if took := time.Since(closed); took != 0 {
		t.Errorf("the session ended %v after the connection", took)
	}
}

// After a failed write, messages are received when they arrive, also on a connection without
// deadlines, on which a background read cannot be interrupted.
func TestFailedWriteWithoutDeadlines(t *testing.T) {
	u := &ws.Upgrader{Options: ws.Options{Heartbeat: noHeartbeat, CloseTimeout: time.Minute}}
	for name, receive := range map[string]func(p *pair, f func(ws.Message)){
		"Recv": func(p *pair, f func(ws.Message)) {
			for msg, err := p.stream.Recv(context.Background()); err == nil; msg, err = p.stream.Recv(context.Background()) {
				f(msg)
			}
		},
		"All": func(p *pair, f func(ws.Message)) {
			for msg, err := range p.stream.All(context.Background()) {
				if err == nil {
					f(msg)
				}
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			wrap := func(c net.Conn) net.Conn { return noDeadlineConn{unwritable{c}} }
			inSynctestOver(t, u, wrap, func(t *testing.T, p *pair) {
				go sendFour(p)
				var times []time.Duration
				began := time.Now()
				receive(p, func(msg ws.Message) {
					times = append(times, time.Since(began).Truncate(time.Second))
					if string(msg.Data) == "0" {
						failWrite(t, p)
					}
				})
				if want := []time.Duration{0, 2 * time.Second, 4 * time.Second, 6 * time.Second}; !slices.Equal(times, want) {
					t.Errorf("messages were received after %v, want %v", times, want)
				}
			})
		})
	}
}

// sendFour sends a message every two seconds, and closes the connection.
func sendFour(p *pair) {
	for i := range 4 {
		p.send(opText, fmt.Sprint(i))
		time.Sleep(2 * time.Second)
	}
	p.client.conn.Close()
}

// A read deadline that other code has set on the connection does not end a session whose
// write has failed.
func TestFailedWriteThenExternalDeadline(t *testing.T) {
	var conn net.Conn
	wrap := func(c net.Conn) net.Conn { conn = c; return unwritable{c} }
	u := &ws.Upgrader{Options: ws.Options{Heartbeat: noHeartbeat, CloseTimeout: time.Minute}}
	inSynctestOver(t, u, wrap, func(t *testing.T, p *pair) {
		go sendFour(p)
		var got []string
		for msg, err := range p.stream.All(t.Context()) {
			if err != nil {
				break
			}
			got = append(got, string(msg.Data))
			failWrite(t, p)
			_ = conn.SetReadDeadline(time.Unix(1, 0))
			time.Sleep(10 * time.Millisecond)
		}
		if want := []string{"0", "1", "2", "3"}; !slices.Equal(got, want) {
			t.Errorf("received %q, want %q", got, want)
		}
	})
}

// A Close frame behind as much as is kept ends the session.
func TestFailedWriteThenCloseBehindTheLimit(t *testing.T) {
	u := &ws.Upgrader{Options: ws.Options{Heartbeat: noHeartbeat, CloseTimeout: time.Minute}}
	for _, before := range []int{1000, 255 << 10, 256<<10 - 20} {
		inSynctestOver(t, u, func(c net.Conn) net.Conn { return unwritable{c} }, func(t *testing.T, p *pair) {
			failWrite(t, p)
			began := time.Now()
			go p.write(append(masked(fin|opBinary, make([]byte, before)), closeFrame(1000)...))
			expectSessionEnd(t, p.session, syscall.EPIPE)
			if took := time.Since(began); took != 0 {
				t.Errorf("with %d bytes before the Close frame, the session ended after %v", before, took)
			}
		})
	}
}
