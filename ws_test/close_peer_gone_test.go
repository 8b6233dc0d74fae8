package ws_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"

	"github.com/handset-go/handset/ws"
)

// The peer sends and closes its connection, and a send notices that before a
// reader has received what was sent.
func TestPeerGoneReceivesWhatArrived(t *testing.T) {
	const n = 20
	for name, u := range map[string]*ws.Upgrader{"plain": {}, "compressing": {Compression: ws.Frugal()}} {
		for reader, read := range readers {
			for from, derive := range derivedContexts {
				t.Run(name+","+reader+","+from, func(t *testing.T) {
					overTransports(t, u, func(t *testing.T, p *pair) {
						ctx := derive(t, p.session)
						p.send(opText, "message 0")
						data := ""
						got, err := read(ctx, p.stream, func() {
							data = "in the loop's body"
							var b []byte
							for i := range n - 1 {
								b = append(b, masked(fin|opText, []byte(fmt.Sprint("message ", i+1)))...)
							}
							p.write(b) // at once: what TCP has not sent is lost with its sender
							_ = tcpConn(p.client.conn).Close()
							sendUntilRefused(t, p.session)
						})
						if len(got) != n || data == "" {
							t.Errorf("received %d messages: %q", len(got), got)
						}
						if !errors.Is(err, io.ErrUnexpectedEOF) || !strings.HasPrefix(err.Error(), "ws: connection lost: ") {
							t.Errorf("the stream ended with %v", err)
						}
						await(t, p.session.Context().Done(), "the session's end")
						if p.session.Err() != err || context.Cause(p.session.Context()) != err {
							t.Errorf("the session ended with %v, the context with %v, the stream with %v",
								p.session.Err(), context.Cause(p.session.Context()), err)
						}
					})
				})
			}
		}
	}
}

func sendUntilRefused(t *testing.T, s *ws.Session) {
	t.Helper()
	for err := error(nil); err == nil; {
		if err = s.Binary(testContext(t), make([]byte, 1000)); err != nil && (!errors.Is(err, ws.ErrClosed) || !errors.Is(err, io.ErrUnexpectedEOF)) {
			t.Errorf("a send returned %v", err)
		}
	}
}

// The data of a received message stays valid when the rest is read in the
// background.
func TestPeerGoneKeepsReceivedData(t *testing.T) {
	overTransports(t, &ws.Upgrader{}, func(t *testing.T, p *pair) {
		p.send(opText, "message 0")
		msg, err := p.stream.Recv(testContext(t))
		if err != nil {
			t.Fatal(err)
		}
		long := strings.Repeat("x", 5000)
		p.send(opText, long)
		_ = tcpConn(p.client.conn).Close()
		sendUntilRefused(t, p.session)
		await(t, p.session.Done(), "the session's end")
		if string(msg.Data) != "message 0" {
			t.Errorf("the data of the first message became %q", msg.Data)
		}
		if msg, err = p.stream.Recv(p.session.Context()); err != nil || string(msg.Data) != long {
			t.Errorf("received %d bytes, %v", len(msg.Data), err)
		}
	})
}

// A message of which a part was received is completed when the rest is read in
// the background.
func TestPeerGoneFinishesOpenMessage(t *testing.T) {
	overTransports(t, &ws.Upgrader{Options: ws.Options{SessionStats: true}}, func(t *testing.T, p *pair) {
		a := p.stream.Aggregate(0)
		whole := strings.Repeat("0123456789", 4000) // what is not read fits into a receive buffer
		frame := masked(fin|opText, []byte(whole))
		p.write(frame[:20_000])
		ctx, cancel := context.WithCancel(t.Context())
		got := make(chan error, 1)
		go func() { _, err := a.Recv(ctx); got <- err }()
		waitUntil(t, "the beginning is received", func() bool { return p.session.Stats().In.Frames == 1 })
		cancel()
		if err := await(t, got, "the first receive"); err != context.Canceled {
			t.Fatal(err)
		}
		p.write(frame[20_000:])
		_ = tcpConn(p.client.conn).Close()
		sendUntilRefused(t, p.session)
		await(t, p.session.Done(), "the session's end")
		if msg, err := a.Recv(t.Context()); err != nil || string(msg.Data) != whole {
			t.Errorf("received %d bytes, %v", len(msg.Data), err)
		}
	})
}

// The session waits no longer than CloseTimeout for a reader that does not return.
func TestPeerGoneEndsDespiteBusyReader(t *testing.T) {
	t.Parallel()
	for name, busy := range map[string]func(p *pair, done <-chan struct{}){
		"loop": func(p *pair, done <-chan struct{}) {
			go func() {
				for range p.stream.All(forever) {
					<-done
				}
			}()
		},
		"channel": func(p *pair, _ <-chan struct{}) { p.stream.Chan() },
	} {
		t.Run(name, func(t *testing.T) {
			overTransports(t, &ws.Upgrader{Options: ws.Options{CloseTimeout: shortWait}}, func(t *testing.T, p *pair) {
				busy(p, p.session.Done())
				for range 40 {
					p.send(opText, "hello")
				}
				_ = tcpConn(p.client.conn).Close()
				sendUntilRefused(t, p.session)
				expectSessionEnd(t, p.session, io.ErrUnexpectedEOF)
				if !errors.Is(p.session.Text(forever, "late"), net.ErrClosed) {
					t.Error("a late send is no ErrClosed")
				}
			})
		})
	}
}

// A peer that leaves more unread bytes than are read in the background does not
// keep the session.
func TestPeerGoneBoundsBackgroundRead(t *testing.T) {
	overTransports(t, &ws.Upgrader{Options: ws.Options{CloseTimeout: shortWait}}, func(t *testing.T, p *pair) {
		go func() {
			for {
				if _, err := p.client.conn.Write(masked(fin|opBinary, make([]byte, 10_000))); err != nil {
					return
				}
			}
		}()
		waitUntil(t, "something has come", func() bool { return p.session.Text(forever, "hello") == nil })
		_ = tcpConn(p.client.conn).Close()
		sendUntilRefused(t, p.session)
		expectSessionEnd(t, p.session, io.ErrUnexpectedEOF)
	})
}
