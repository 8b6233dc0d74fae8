package ws_test

import (
	"bytes"
	"context"
	"io"
	"net"
	"os"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/handset-go/handset/ws"
)

// What is used of the stream while the body of its loop runs does not stop the background
// reader.
func TestSecondReaderLeavesReadAheadAlone(t *testing.T) {
	u := &ws.Upgrader{Options: ws.Options{Heartbeat: noHeartbeat, CloseTimeout: time.Minute}}
	for name, use := range map[string]func(*ws.MessageStream) error{
		"Recv":    func(m *ws.MessageStream) error { _, err := m.Recv(context.Background()); return err },
		"Discard": (*ws.MessageStream).Discard,
		"Chan":    func(m *ws.MessageStream) error { <-m.Chan(); return m.Err() },
		"MaxFrameSize": func(m *ws.MessageStream) error {
			m.MaxFrameSize(1 << 20)
			return ws.ErrConcurrentRecv
		},
	} {
		t.Run(name, func(t *testing.T) {
			inSynctestOver(t, u, func(c net.Conn) net.Conn { return unwritable{c} }, func(t *testing.T, p *pair) {
				go p.send(opText, "first")
				for range p.stream.All(t.Context()) {
					failWrite(t, p)
					if err := use(p.stream); err != ws.ErrConcurrentRecv {
						t.Errorf("%s returned %v", name, err)
					}
					expectEndAfter(t, p)
					break
				}
			})
		})
	}
}

// A reader that does not pause is not interrupted for each message, for which what is held
// would be copied.
func TestReadAheadIsNotForEachMessage(t *testing.T) {
	const messages = 9000 // of 7 bytes, which are held at once
	u := &ws.Upgrader{Options: ws.Options{Heartbeat: noHeartbeat, CloseTimeout: time.Hour}}
	for name, begin := range map[string]func(t *testing.T, p *pair){
		"Close":          func(_ *testing.T, p *pair) { _ = p.session.Close(ws.CloseReason{Code: 4000}) },
		"a failed write": failWrite,
	} {
		for way, receive := range map[string]func(t *testing.T, p *pair, n int){
			"Recv": func(t *testing.T, p *pair, n int) {
				for range n {
					recvKind(t, p.stream, ws.Text)
				}
			},
			"All": func(t *testing.T, p *pair, n int) {
				for _, err := range p.stream.All(t.Context()) {
					if err != nil {
						t.Fatal(err)
					}
					if n--; n == 0 {
						break
					}
				}
			},
		} {
			t.Run(name+"/"+way, func(t *testing.T) {
				wrap := func(c net.Conn) net.Conn { return unwritable{c} }
				if name == "Close" {
					wrap = func(c net.Conn) net.Conn { return discardedWrites{c} }
				}
				inSynctestOver(t, u, wrap, func(t *testing.T, p *pair) {
					go p.write(bytes.Repeat(masked(fin|opText, []byte("x")), messages))
					recvKind(t, p.stream, ws.Text)
					begin(t, p)
					time.Sleep(time.Second)
					var before, after runtime.MemStats
					runtime.ReadMemStats(&before)
					receive(t, p, messages-1)
					runtime.ReadMemStats(&after)
					if n := (after.TotalAlloc - before.TotalAlloc) / messages; n > 500 {
						t.Errorf("%d bytes were allocated for each message", n)
					}
				})
			})
		}
	}
}

// discardedWrites is a conn whose peer reads everything.
type discardedWrites struct{ net.Conn }

func (discardedWrites) Write(p []byte) (int, error) { return len(p), nil }

// A conn whose reads time out for ever ends the session, and what was kept is received.
func TestReadAheadOnConnThatTimesOut(t *testing.T) {
	u := &ws.Upgrader{Options: ws.Options{Heartbeat: noHeartbeat, CloseTimeout: time.Minute}}
	for name, begin := range map[string]func(t *testing.T, p *pair){
		"Close":          func(_ *testing.T, p *pair) { _ = p.session.Close(ws.CloseReason{Code: 4000}) },
		"a failed write": failWrite,
	} {
		t.Run(name, func(t *testing.T) {
			var c *timingOut
			wrap := func(conn net.Conn) net.Conn {
				c = &timingOut{Conn: unwritable{conn}}
				if name == "Close" {
					c.Conn = discardedWrites{conn}
				}
				return c
			}
			inSynctestOver(t, u, wrap, func(t *testing.T, p *pair) {
				go p.write(bytes.Repeat(masked(fin|opText, []byte("kept")), 3))
				begin(t, p)
				time.Sleep(time.Second)
				c.on.Store(true)
				_ = c.SetReadDeadline(time.Unix(1, 0))
				expectSessionEnd(t, p.session, io.ErrUnexpectedEOF)
				for range 3 {
					recvKind(t, p.stream, ws.Text)
				}
			})
		})
	}
}

// timingOut is a conn whose reads time out from some time on.
type timingOut struct {
	net.Conn
	on atomic.Bool
}

func (c *timingOut) Read(p []byte) (int, error) {
	if c.on.Load() {
		return 0, os.ErrDeadlineExceeded
	}
	return c.Conn.Read(p)
}

// A callback that ends its goroutine does not keep the stream from its readers.
func TestReadAheadThatExits(t *testing.T) {
	u := &ws.Upgrader{Options: ws.Options{Heartbeat: noHeartbeat, CloseTimeout: time.Second}}
	u.Trace = &ws.Trace{CloseReceived: func(*ws.Session, ws.CloseReason) { runtime.Goexit() }}
	inSynctestOver(t, u, func(c net.Conn) net.Conn { return discardedWrites{c} }, func(t *testing.T, p *pair) {
		_ = p.session.Close(ws.CloseReason{Code: 4000})
		p.write(append(masked(fin|opText, []byte("kept")), closeFrame(4000)...))
		await(t, p.session.Done(), "the session's end")
		recvKind(t, p.stream, ws.Text)
	})
}
