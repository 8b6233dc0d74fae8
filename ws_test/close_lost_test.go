package ws_test

import (
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/handset-go/handset/ws"
)

func TestLostConnectionEndsUnreadChan(t *testing.T) {
	t.Parallel()
	// CloseTimeout, since the channel could yet be read to its end.
	overTransports(t, &ws.Upgrader{Options: ws.Options{CloseTimeout: 200 * time.Millisecond}}, func(t *testing.T, p *pair) {
		messages := p.stream.Chan()
		for range 100 {
			p.send(opText, "unread")
		}
		waitUntil(t, "the channel is full", func() bool { return len(messages) == cap(messages) })
		p.client.conn.Close()
		// Nobody reads from the connection now, so a send notices it.
		for err := error(nil); err == nil; {
			err = p.session.Binary(testContext(t), make([]byte, 10_000))
		}
		expectSessionEnd(t, p.session, io.ErrUnexpectedEOF)
		waitUntil(t, "the channel is closed", func() bool { return p.stream.Err() != nil })
		if err := p.stream.Err(); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Fatalf("the channel ended with %v", err)
		}
		if len(messages) != cap(messages) {
			t.Fatalf("%d messages are left, want %d", len(messages), cap(messages))
		}
	})
}

// A connection that ends without a Close frame is an io.ErrUnexpectedEOF.
func TestEndWithoutCloseIsUnexpectedEOF(t *testing.T) {
	for name, leave := range map[string]func(c *client){
		"a half-close": func(c *client) {
			if half, ok := c.conn.(interface{ CloseWrite() error }); ok {
				_ = half.CloseWrite()
			}
		},
		"an abrupt end": func(c *client) { tcpConn(c.conn).Close() },
		"a reset":       resetConn,
		"a frame's middle": func(c *client) {
			c.write(masked(fin|opText, []byte("cut off"))[:9])
			tcpConn(c.conn).Close()
		},
	} {
		t.Run(name, func(t *testing.T) {
			overTransports(t, &ws.Upgrader{}, func(t *testing.T, p *pair) {
				end := receiveAll(p)
				leave(p.client)
				err := await(t, end, "the stream's end")
				if !errors.Is(err, io.ErrUnexpectedEOF) || strings.Count(err.Error(), "ws: ") > 1 {
					t.Fatalf("the stream ended with %v", err)
				}
				expectSessionEnd(t, p.session, io.ErrUnexpectedEOF)
				if _, again := p.stream.Recv(t.Context()); again != err {
					t.Fatalf("Recv returned %v and then %v", err, again)
				}
				expectSendsClosed(t, p.session)
			})
		})
	}
}

func TestCloseAfterPeersReset(t *testing.T) {
	overTransports(t, &ws.Upgrader{}, func(t *testing.T, p *pair) {
		resetConn(p.client)
		if err := p.session.Close(ws.CloseReason{Code: 4000}); err != nil {
			t.Fatal(err)
		}
		expectSessionEnd(t, p.session, io.ErrUnexpectedEOF)
	})
}

// A write that fails while nobody reads ends the session.
func TestFailedWriteEndsUnreadSession(t *testing.T) {
	overTransports(t, &ws.Upgrader{}, func(t *testing.T, p *pair) {
		resetConn(p.client)
		for err := error(nil); err == nil; {
			if err = p.session.Text(testContext(t), "hello?"); err != nil && !errors.Is(err, ws.ErrClosed) {
				t.Fatalf("a send returned %v", err)
			}
		}
		expectSessionEnd(t, p.session, io.ErrUnexpectedEOF)
		if err := p.session.Text(t.Context(), "late"); !errors.Is(err, io.ErrUnexpectedEOF) || !errors.Is(err, net.ErrClosed) {
			t.Fatalf("a send after that returned %v, without the cause", err)
		}
	})
}

// Behind the peer's Close frame nothing is waited for if a write has failed: the
// session ends when that frame is received, not after CloseTimeout.
func TestFailedWriteThenPeersCloseEndsSession(t *testing.T) {
	u := &ws.Upgrader{Options: ws.Options{Heartbeat: noHeartbeat}}
	inSynctestOver(t, u, func(c net.Conn) net.Conn { return unwritable{c} }, func(t *testing.T, p *pair) {
		end, began := receiveAll(p), time.Now()
		_ = p.session.Text(t.Context(), "hello?")
		synctest.Wait()
		p.write(append(masked(fin|opText, []byte("received")), closeFrame(1000)...))
		if err := await(t, end, "the stream's end"); err != io.EOF {
			t.Errorf("the stream ended with %v", err)
		}
		expectSessionEnd(t, p.session, syscall.EPIPE)
		if took := time.Since(began); took != 0 {
			t.Errorf("the session ended after %v", took)
		}
	})
}

// The same if nobody receives: then that frame is read in the background.
func TestFailedWriteThenUnreadCloseEndsSession(t *testing.T) {
	u := &ws.Upgrader{Options: ws.Options{Heartbeat: noHeartbeat}}
	inSynctestOver(t, u, func(c net.Conn) net.Conn { return unwritable{c} }, func(t *testing.T, p *pair) {
		began := time.Now()
		_ = p.session.Text(t.Context(), "hello?")
		synctest.Wait()
		p.write(append(masked(fin|opText, []byte("received")), closeFrame(1000)...))
		expectSessionEnd(t, p.session, syscall.EPIPE)
		if took := time.Since(began); took != 0 {
			t.Errorf("the session ended after %v", took)
		}
		if err := await(t, receiveAll(p), "the stream's end"); err != io.EOF {
			t.Errorf("the stream ended with %v", err)
		}
	})
}

// unwritable is a conn that cannot be written any more.
type unwritable struct{ net.Conn }

func (unwritable) Write([]byte) (int, error) { return 0, syscall.EPIPE }

// A connection that is lost after any number of bytes is an io.ErrUnexpectedEOF.
func TestLostInsideFrameIsUnexpectedEOF(t *testing.T) {
	frame := masked(opText, []byte(strings.Repeat("lost", 50))) // 208 bytes, 8 of them header
	for _, lose := range []struct {
		name string
		lose func(*client)
	}{
		{"FIN", func(c *client) { _ = tcpConn(c.conn).CloseWrite() }},
		{"close_notify", func(c *client) { _ = c.conn.(interface{ CloseWrite() error }).CloseWrite() }}, // of TLS, too
		{"RST", resetConn},
	} {
		for _, sent := range []int{0, 1, 3, 7, 8, 9, 207, 208} {
			t.Run(fmt.Sprintf("%s,sent=%d", lose.name, sent), func(t *testing.T) {
				overTransports(t, &ws.Upgrader{}, func(t *testing.T, p *pair) {
					p.write(append(masked(fin|opPing, nil), frame[:sent]...))
					recvKind(t, p.stream, ws.Ping)
					p.expect(opPong, "")
					lose.lose(p.client)
					if err := await(t, receiveAll(p), "the stream's end"); !isLost(err) {
						t.Fatalf("the stream ended with %v", err)
					}
					expectSessionEnd(t, p.session, io.ErrUnexpectedEOF)
				})
			})
		}
	}
}
