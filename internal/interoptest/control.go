package interoptest

import (
	"bytes"
	"errors"
	"io"
	"testing"
	"time"

	"github.com/handset-go/handset/ws"
)

// pingToIt expects a Pong to each Ping, with its payload, and to those of the heartbeat.
func pingToIt(t *testing.T, o *other) {
	c := o.connect(t, "/echo", settings{})
	for _, data := range []string{"", "p", string(payload(ws.Binary, 125))} {
		c.must(c.session.Ping(c.ctx, []byte(data)))
		c.expect(c.stream, ws.Pong, []byte(data))
	}
	options, answered := shortHeartbeat()
	c = o.connect(t, "/echo", settings{options: options})
	c.must(c.stream.Discard())
	c.expectAnswered(answered)
}

// shortHeartbeat returns options with a heartbeat that sends Pings at short intervals,
// and the times that their answers take.
func shortHeartbeat() (ws.Options, <-chan time.Duration) {
	answered := make(chan time.Duration, 1)
	return ws.Options{
		Heartbeat: ws.Heartbeat{Interval: 10 * time.Millisecond, Timeout: closeTimeout},
		Trace: &ws.Trace{HeartbeatAnswered: func(_ *ws.Session, took time.Duration) {
			select {
			case answered <- took:
			default:
			}
		}},
	}, answered
}

func (c *call) expectAnswered(answered <-chan time.Duration) {
	c.t.Helper()
	select {
	case took := <-answered:
		if took <= 0 || took > patience || c.session.Latency() <= 0 {
			c.t.Errorf("answered after %v, latency %v", took, c.session.Latency())
		}
	case <-time.After(patience):
		c.t.Error("the heartbeat's Ping was not answered")
	}
}

// pingFromIt expects that the other end has got a Pong to its Ping.
func pingFromIt(t *testing.T, o *other) {
	c := o.connect(t, "/ping", settings{})
	msg, err := c.stream.Recv(c.ctx)
	c.must(err)
	payload := bytes.Clone(msg.Data)
	if msg.Kind != ws.Ping || len(payload) == 0 {
		t.Fatalf("received %v %q, want a Ping with a payload", msg.Kind, payload)
	}
	c.must(c.session.Text(c.ctx, "which Pongs?"))
	c.expect(c.stream, ws.Text, payload)
}

// heartbeatOfIt receives some Pings of the other end's own heartbeat. The session is still
// there then. Ours sends none, since the other end may wait for silence.
func heartbeatOfIt(t *testing.T, o *other) {
	c := o.connect(t, "/heartbeat", settings{})
	for pings := 0; pings < 2; {
		msg, err := c.stream.Recv(c.ctx)
		c.must(err)
		if msg.Kind == ws.Ping {
			pings++
		}
	}
	c.must(c.session.Text(c.ctx, "still here"))
	for {
		msg, err := c.stream.Recv(c.ctx)
		c.must(err)
		if msg.Kind == ws.Text && string(msg.Data) == "still here" {
			return
		}
	}
}

// closing is how the tests close connections.
var closing = ws.CloseReason{Code: 4321, Description: "that is all ✓"}

// closeToIt closes sessions, and expects that the other end has seen why, and that the
// server closes the TCP connection first (RFC 6455 §7.1.1).
func closeToIt(t *testing.T, o *other) {
	for _, reason := range []ws.CloseReason{{}, {Code: ws.CloseNormal}, closing} {
		c := o.connect(t, "/echo", settings{watched: true})
		c.must(c.session.Text(c.ctx, "last"))
		c.expect(c.stream, ws.Text, []byte("last"))
		c.must(c.session.Close(reason))
		c.done()
		c.expectAnswer(reason)
		c.eof.expect(t)
		if o.Silent {
			continue
		}
		want := Report{Code: max(int(reason.Code), 1000), Reason: reason.Description}
		if reason.Code == 0 {
			want.Code = 1005 // RFC 6455 §7.1.5
		}
		if got := c.report(); got.Code != want.Code || got.Reason != want.Reason {
			t.Errorf("closed with %+v, it saw %+v", reason, got)
		}
	}
}

// expectAnswer expects that the session has ended with our Close frame and an answer.
func (c *call) expectAnswer(reason ws.CloseReason) {
	c.t.Helper()
	var ended *ws.CloseError
	err := c.session.Err()
	if !errors.As(err, &ended) || ended.ByPeer || ended.Sent != reason {
		c.t.Errorf("closed with %+v, the session ended with %+v, %v", reason, ended, err)
		return
	}
	want := reason.Code
	if c.other.AnswersNormal || c.other.AnswersNone && want == 0 {
		want = ws.CloseNormal
	}
	if got := ended.Received.Code; got != want && !c.other.Silent {
		c.t.Errorf("closed with %+v, the answer is %v, want %v", reason, got, want)
	}
}

// closeFromIt expects the Close frame of the other end, which gets an answer, and that
// the server closes the TCP connection first.
func closeFromIt(t *testing.T, o *other) {
	at, first := "/close?code=1001&after=0", ws.CloseReason{Code: ws.CloseGoingAway}
	if o.client {
		at, first = "/close?code=1000&after=0", ws.CloseReason{Code: ws.CloseNormal}
	}
	c := o.connect(t, at, settings{watched: true})
	c.expectClosed(first)

	c = o.connect(t, "/close?code=4321&reason=that+is+all+%E2%9C%93&after=1", settings{watched: true})
	c.must(c.session.Text(c.ctx, "please close"))
	c.expectClosed(closing)

	closeWhileSending(t, o)
}

// expectClosed receives the other end's Close frame, and the end.
func (c *call) expectClosed(reason ws.CloseReason) {
	c.t.Helper()
	c.expectClose(reason)
	c.expectEnd(c.stream, ws.CloseError{Received: reason, Sent: ws.CloseReason{Code: reason.Code}, ByPeer: true})
	if !c.other.ClosesAtOnce { // or the answer meets a reset
		c.eof.expect(c.t)
	}
	if got := c.report(); got.Code != int(reason.Code) {
		c.t.Errorf("%s: it saw %+v", c.url, got)
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

// answerAndEnd answers a Close frame by receiving again, and waits until the session has ended.
// Without an answer, a session that sends may go on until just before closeTimeout: nginx, with
// TLS, reads on after its upstream has gone.
func (c *call) answerAndEnd() {
	c.t.Helper()
	_, _ = c.stream.Recv(c.ctx)
	c.done()
}

// closeWhileSending sends until the other end closes the connection.
func closeWhileSending(t *testing.T, o *other) {
	c := o.connect(t, "/close?code=4321&reason=that+is+all+%E2%9C%93&after=10", settings{})
	sent := make(chan error, 1)
	go func() {
		data := payload(ws.Binary, 10_000)
		var err error
		for err == nil {
			err = c.session.Binary(c.ctx, data)
		}
		sent <- err
	}()
	switch proxied := o.way == Nginx || o.way == HAProxy; {
	case o.ClosesAtOnce && proxied: // the reset may overtake the Close frame in the proxy
		msg, err := c.stream.Recv(c.ctx)
		if !errors.Is(err, io.ErrUnexpectedEOF) && (err != nil || msg.Kind != ws.Close) {
			t.Errorf("received %v, %v; want a Close frame or io.ErrUnexpectedEOF", msg.Kind, err)
		}
		c.answerAndEnd()
	case o.ClosesAtOnce:
		c.expectClose(closing)
		c.answerAndEnd()
	default:
		c.expectClose(closing)
		c.expectEnd(c.stream, ws.CloseError{Received: closing, Sent: ws.CloseReason{Code: closing.Code}, ByPeer: true})
	}
	if err := <-sent; !errors.Is(err, ws.ErrClosed) {
		t.Errorf("the send ended with %v", err)
	}
}
