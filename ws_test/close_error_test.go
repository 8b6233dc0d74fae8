package ws_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/handset-go/handset/ws"
)

// The error of a session has the reasons of both Close frames.
func TestErrAfterBothCloseFrames(t *testing.T) {
	for _, test := range []struct {
		name string
		do   func(p *pair)
		want ws.CloseError
		text string
	}{
		{"the peer, and it is echoed", func(p *pair) { p.write(closeFrame(1000)); p.expectClose(1000) },
			ws.CloseError{Received: ws.CloseReason{Code: 1000}, Sent: ws.CloseReason{Code: 1000}, ByPeer: true},
			"ws: session closed by the peer: 1000 normal"},
		{"the peer for a reason of its own", func(p *pair) {
			p.send(opClose, string(closePayload(4001, "see\nyou")))
			p.expectClose(4001)
		}, ws.CloseError{Received: ws.CloseReason{Code: 4001, Description: "see\nyou"}, Sent: ws.CloseReason{Code: 4001}, ByPeer: true},
			`ws: session closed by the peer: 4001 "see\nyou", answered with 4001`},
		{"the peer without a code", func(p *pair) { p.send(opClose, ""); p.expectClose(0) },
			ws.CloseError{ByPeer: true}, "ws: session closed by the peer: 0 no status"},
		{"this side, and the peer echoes", func(p *pair) {
			_ = p.session.Close(ws.CloseReason{Code: 1008, Description: "no spam"})
			p.expectClose(1008)
			p.send(opClose, string(closePayload(1008, "no spam")))
		}, ws.CloseError{Received: ws.CloseReason{Code: 1008, Description: "no spam"}, Sent: ws.CloseReason{Code: 1008, Description: "no spam"}},
			`ws: session closed: 1008 policy violation "no spam"`},
		{"this side, and the peer has another reason", func(p *pair) {
			_ = p.session.Close(ws.CloseReason{Code: 1000})
			p.expectClose(1000)
			p.send(opClose, string(closePayload(4002, "")))
		}, ws.CloseError{Received: ws.CloseReason{Code: 4002}, Sent: ws.CloseReason{Code: 1000}},
			"ws: session closed: 1000 normal, answered with 4002"},
		{"this side without a code", func(p *pair) {
			_ = p.session.Close(ws.CloseReason{})
			p.expectClose(0)
			p.send(opClose, "")
		}, ws.CloseError{}, "ws: session closed: 0 no status"},
	} {
		for from, derive := range derivedContexts {
			if from == "merged" {
				continue // which has no cause
			}
			t.Run(test.name+","+from, func(t *testing.T) {
				ended := make(chan error, 1)
				trace := &ws.Trace{SessionEnd: func(_ *ws.Session, err error) { ended <- err }}
				overTransports(t, &ws.Upgrader{Options: ws.Options{Trace: trace}}, func(t *testing.T, p *pair) {
					ctx := derive(t, p.session)
					end := receiveAll(p)
					test.do(p)
					await(t, end, "the stream's end")
					await(t, ctx.Done(), "the context's end")
					for what, err := range map[string]error{
						"Err": p.session.Err(), "the context's cause": context.Cause(ctx), "Trace": <-ended,
						"a send": p.session.Text(forever, "late"), "a send with the context": p.session.Text(ctx, "late"),
						"TrySend": p.session.TrySend(ws.Message{Kind: ws.Text}), "a writer": p.session.Writer(forever, ws.Text).Close(),
					} {
						var closed *ws.CloseError
						if !errors.As(err, &closed) || *closed != test.want || err.Error() != test.text {
							t.Errorf("%s is %v", what, err)
						}
						if !errors.Is(err, ws.ErrClosed) || !errors.Is(err, net.ErrClosed) || errors.Is(err, io.ErrUnexpectedEOF) {
							t.Errorf("%s is no ErrClosed, or more than that", what)
						}
					}
				})
			})
		}
	}
}

// A send between the two Close frames returns an error with our reason.
func TestErrOfSendBetweenCloseFrames(t *testing.T) {
	overTransports(t, &ws.Upgrader{}, func(t *testing.T, p *pair) {
		_ = p.session.Close(ws.CloseReason{Code: 4000, Description: "why"})
		err := p.session.Text(forever, "late")
		var closed *ws.CloseError
		if !errors.As(err, &closed) || *closed != (ws.CloseError{Sent: ws.CloseReason{Code: 4000, Description: "why"}}) {
			t.Errorf("the send returned %v", err)
		}
		if !errors.Is(err, ws.ErrClosed) || p.session.Err() != nil {
			t.Errorf("%v, and the session ended with %v", err, p.session.Err())
		}
	})
}

// The log line of an end has its kind and the reasons of both Close frames.
func TestLogTraceOfEnd(t *testing.T) {
	for _, test := range []struct {
		name string
		u    *ws.Upgrader
		do   func(p *pair)
		want string
	}{
		{"the peer closes", &ws.Upgrader{}, func(p *pair) {
			p.writeLater(masked(fin|opClose, closePayload(4001, "see you")))
			p.expectClose(4001)
		}, `level=INFO msg="session ends" duration=3s end="closed by the peer" sent=4001 received="4001 \"see you\""`},
		{"this side closes", &ws.Upgrader{}, func(p *pair) {
			_ = p.session.Close(ws.CloseReason{Code: 1008, Description: "no spam"})
			p.expectClose(1008)
			p.writeLater(closeFrame(1008))
		}, `level=INFO msg="session ends" duration=3s end="closed by the SIDE" sent="1008 policy violation \"no spam\"" received="1008 policy violation"`},
		{"the connection is lost", &ws.Upgrader{}, func(p *pair) { p.conn.Close() },
			`level=INFO msg="session ends" duration=3s end="connection lost" err="ws: connection lost: EOF without a Close frame"`},
		{"the connection is lost in a closing handshake", &ws.Upgrader{}, func(p *pair) {
			_ = p.session.Close(ws.CloseReason{Code: 1000})
			p.expectClose(1000)
			p.conn.Close()
		}, `level=INFO msg="session ends" duration=3s end="connection lost" sent="1000 normal" err="ws: connection lost: EOF without a Close frame"`},
		{"the peer does not answer", &ws.Upgrader{Options: ws.Options{CloseTimeout: time.Minute}}, func(p *pair) {
			_ = p.session.Close(ws.CloseReason{Code: 1000})
			p.expectClose(1000)
		}, `level=INFO msg="session ends" duration=1m3s end="close timeout" sent="1000 normal" err="ws: close timeout"`},
		{"the peer is silent", &ws.Upgrader{Options: ws.Options{Heartbeat: ws.Heartbeat{Interval: 10 * time.Second, Timeout: 7 * time.Second}}}, func(p *pair) {
			_, _ = p.next()
		}, `level=INFO msg="session ends" duration=17s end="heartbeat timeout" err="ws: heartbeat timeout"`},
		{"the peer breaks the protocol", &ws.Upgrader{}, func(p *pair) {
			p.writeLater(masked(fin|opText, []byte{0xff}))
			p.expectClose(1007)
			p.conn.Close()
		}, `level=INFO msg="session ends" duration=3s end="protocol error" sent="1007 invalid payload \"text is not UTF-8\"" err="ws: failed with 1007 invalid payload: text is not UTF-8"`},
	} {
		t.Run(test.name, func(t *testing.T) {
			var log bytes.Buffer
			test.u.Trace = ws.LogTrace(slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{
				ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
					if a.Key == slog.TimeKey || a.Key == "peer" {
						return slog.Attr{}
					}
					return a
				}})))
			inSynctest(t, test.u, func(t *testing.T, p *pair) {
				time.Sleep(3 * time.Second)
				end := receiveAll(p)
				synctest.Wait()
				test.do(p)
				<-end
				<-p.session.Done()
				lines := strings.Split(strings.TrimSpace(log.String()), "\n")
				want := strings.Replace(test.want, "SIDE", p.on.String(), 1)
				if got := lines[len(lines)-1]; got != want {
					t.Errorf("logged %s\nwant   %s", got, want)
				}
			})
		})
	}
}

// Every way for a connection to be lost has its own error.
func TestErrAfterAbort(t *testing.T) {
	eachSide(t, func(t *testing.T, on side) {
		part := masked(fin|opText, []byte("half of it"))[:9]
		for _, test := range []struct {
			name string
			cut  func(c *client)
			is   error
		}{
			{name: "a reset", is: syscall.ECONNRESET, cut: func(c *client) {
				resetConn(c)
			}},
			{name: "an end without a Close", is: io.ErrUnexpectedEOF, cut: func(c *client) {
				_ = c.conn.Close()
			}},
			{name: "an end inside a frame", is: io.ErrUnexpectedEOF, cut: func(c *client) {
				c.write(part)
				_ = c.conn.Close()
			}},
			{name: "the peer's writing side shut", is: io.ErrUnexpectedEOF, cut: func(c *client) {
				_ = closeWrite(c.conn)
			}},
			{name: "the writing side shut inside a frame", is: io.ErrUnexpectedEOF, cut: func(c *client) {
				c.write(part)
				_ = closeWrite(c.conn)
			}},
		} {
			for _, loop := range []bool{false, true} {
				t.Run(test.name, func(t *testing.T) {
					p := on.connect(t, &ws.Upgrader{})
					end := make(chan error, 1)
					go func() { end <- receiveFrom(testContext(t), p.stream, loop, func(ws.Message) bool { return true }) }()
					test.cut(p.client)
					err := await(t, end, "the stream's end")
					if !errors.Is(err, io.ErrUnexpectedEOF) || !errors.Is(err, test.is) || !strings.HasPrefix(err.Error(), "ws: connection lost: ") {
						t.Errorf("the stream ended with %v, want %v", err, test.is)
					}
					expectSessionEnd(t, p.session, test.is)
				})
			}
		}
	})
}

// A peer that no longer accepts data does not hide that it has violated the protocol.
func TestErrOfViolationWithFullQueue(t *testing.T) {
	inSynctest(t, &ws.Upgrader{Options: ws.Options{WriteTimeout: time.Second}}, func(t *testing.T, p *pair) {
		if err := p.session.Binary(t.Context(), make([]byte, 1000)); err != nil {
			t.Fatal(err)
		}
		p.writeLater(header(fin|opBinary|0x70, 0))
		_, err := p.stream.Recv(t.Context())
		expectViolation(t, err, ws.CloseProtocolError)
		<-p.session.Done()
		expectViolation(t, p.session.Err(), ws.CloseProtocolError)
	})
}
