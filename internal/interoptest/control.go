package interoptest

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"github.com/handset-go/handset/ws"
)

// pingFromClient expects a Pong to each Ping, with its payload.
func pingFromClient(t *testing.T, s *Server) {
	c := s.dial(t, "/echo", new(ws.Dialer))
	for _, data := range []string{"", "p", string(payload(ws.Binary, 125))} {
		c.must(c.session.Ping(c.ctx, []byte(data)))
		c.expect(c.stream, ws.Pong, []byte(data))
	}
}

// pingOfHeartbeat expects that the heartbeat's Ping is answered.
func pingOfHeartbeat(t *testing.T, s *Server) {
	answered := make(chan time.Duration, 1)
	c := s.dial(t, "/echo", &ws.Dialer{Options: ws.Options{
		Heartbeat: ws.Heartbeat{Interval: 10 * time.Millisecond, Timeout: closeTimeout},
		Trace: &ws.Trace{HeartbeatAnswered: func(_ *ws.Session, took time.Duration) {
			select {
			case answered <- took:
			default:
			}
		}},
	}})
	c.must(c.stream.Discard())
	select {
	case took := <-answered:
		if took <= 0 || took > patience || c.session.Latency() <= 0 {
			t.Errorf("answered after %v, latency %v", took, c.session.Latency())
		}
	case <-time.After(patience):
		t.Error("the heartbeat's Ping was not answered")
	}
}

// pingFromServer expects that the server has got a Pong to its Ping.
func pingFromServer(t *testing.T, s *Server) {
	c := s.dial(t, "/ping", new(ws.Dialer))
	msg, err := c.stream.Recv(c.ctx)
	c.must(err)
	payload := bytes.Clone(msg.Data)
	if msg.Kind != ws.Ping || len(payload) == 0 {
		t.Fatalf("received %v %q, want a Ping with a payload", msg.Kind, payload)
	}
	c.must(c.session.Text(c.ctx, "which Pongs?"))
	c.expect(c.stream, ws.Text, payload)
}

// closing is how the tests close connections.
var closing = ws.CloseReason{Code: 4321, Description: "that is all ✓"}

// closeFromClient closes sessions, and expects that the server has seen why and closes
// the TCP connection first (RFC 6455 §7.1.1).
func closeFromClient(t *testing.T, s *Server) {
	for _, reason := range []ws.CloseReason{{}, {Code: ws.CloseNormal}, closing} {
		c, eof := s.dialWatched(t, "/echo")
		c.must(c.session.Text(c.ctx, "last"))
		c.expect(c.stream, ws.Text, []byte("last"))
		c.must(c.session.Close(reason))
		c.done()
		var ended *ws.CloseError
		if err := c.session.Err(); !errors.As(err, &ended) || ended.ByPeer || ended.Sent != reason ||
			ended.Received.Code != reason.Code && !s.EchoOnly {
			t.Errorf("closed with %+v, the session ended with %+v, %v", reason, ended, err)
		}
		eof.expect(t)
		if s.EchoOnly {
			continue
		}
		want := Report{Code: max(int(reason.Code), 1000), Reason: reason.Description}
		if reason.Code == 0 {
			want.Code = 1005 // RFC 6455 §7.1.5
		}
		if got := c.report(); got.Code != want.Code || got.Reason != want.Reason {
			t.Errorf("closed with %+v, the server saw %+v", reason, got)
		}
	}
}

// closeFromServer expects the server's Close frame, and that the server, which has got
// the answer, closes the TCP connection first.
func closeFromServer(t *testing.T, s *Server) {
	for _, path := range []string{"/close?code=1001&after=0", "/close?code=4321&reason=that+is+all+%E2%9C%93&after=1"} {
		reason := closing
		if path == "/close?code=1001&after=0" {
			reason = ws.CloseReason{Code: ws.CloseGoingAway}
		}
		c, eof := s.dialWatched(t, path)
		if reason == closing {
			c.must(c.session.Text(c.ctx, "please close"))
		}
		c.expectClose(reason)
		c.expectEnd(c.stream, ws.CloseError{Received: reason, Sent: ws.CloseReason{Code: reason.Code}, ByPeer: true})
		if !s.ClosesAtOnce { // or the answer meets a reset
			eof.expect(t)
		}
		if got := c.report(); got.Code != int(reason.Code) {
			t.Errorf("%s: the server saw %+v", path, got)
		}
	}
}

// expectClose receives a Close frame.
func (c *call) expectClose(want ws.CloseReason) {
	c.t.Helper()
	msg, err := c.stream.Recv(c.ctx)
	if err != nil || msg.Kind != ws.Close || msg.Reason != want {
		c.t.Fatalf("received %v, %+v, %v; want a Close frame with %+v", msg.Kind, msg.Reason, err, want)
	}
}

// closeWhileSending sends until the server closes the connection.
func closeWhileSending(t *testing.T, s *Server) {
	c := s.dial(t, "/close?code=4321&reason=that+is+all+%E2%9C%93&after=10", new(ws.Dialer))
	sent := make(chan error, 1)
	go func() {
		data := payload(ws.Binary, 10_000)
		var err error
		for err == nil {
			err = c.session.Binary(c.ctx, data)
		}
		sent <- err
	}()
	c.expectClose(closing)
	if s.ClosesAtOnce {
		c.done()
	} else {
		c.expectEnd(c.stream, ws.CloseError{Received: closing, Sent: ws.CloseReason{Code: closing.Code}, ByPeer: true})
	}
	if err := <-sent; !errors.Is(err, ws.ErrClosed) {
		t.Errorf("the send ended with %v", err)
	}
}
