package ws_test

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/handset-go/handset/internal/interoptest"
	"github.com/handset-go/handset/ws"
)

// handsetConn is a session as a server of the interop tests.
type handsetConn struct {
	session *ws.Session
	stream  *ws.AggregatedStream
	pongs   []string
}

// handsetAccepts accepts the handshake with the options of u.
func handsetAccepts(u *ws.Upgrader) func(http.ResponseWriter, *http.Request) (interoptest.Conn, error) {
	u.Subprotocols = []string{interoptest.Subprotocol}
	beating := copyOptions(u)
	beating.Heartbeat = ws.Heartbeat{Interval: 10 * time.Millisecond, Timeout: time.Minute}
	return func(w http.ResponseWriter, r *http.Request) (interoptest.Conn, error) {
		u := u
		if r.URL.Path == "/heartbeat" {
			u = beating
		}
		session, stream, err := u.Handle(w, r)
		if err != nil {
			return nil, err
		}
		return &handsetConn{session: session, stream: stream.Aggregate(interoptest.Limit(r.URL))}, nil
	}
}

func (c *handsetConn) Receive() (text bool, data []byte, err error) {
	for {
		msg, err := c.stream.Recv(context.Background())
		switch {
		case errors.Is(err, ws.ErrMessageTooBig):
			_ = c.session.Close(ws.CloseReason{}) // with CloseMessageTooBig
			return false, nil, err
		case err != nil:
			return false, nil, err
		case msg.Kind == ws.Close:
			closed := &interoptest.ClosedError{Code: int(msg.Reason.Code), Reason: msg.Reason.Description}
			if closed.Code == 0 {
				closed.Code = 1005
			}
			return false, nil, closed
		case msg.Kind == ws.Pong:
			c.pongs = append(c.pongs, string(msg.Data))
		case msg.Kind != ws.Ping:
			return msg.Kind == ws.Text, msg.Data, nil
		}
	}
}

func (c *handsetConn) Send(text bool, data []byte, fragments int) error {
	kind := ws.Binary
	if text {
		kind = ws.Text
	}
	return sendFragments(context.Background(), c.session, ws.Message{Kind: kind, Data: data}, fragments)
}

func (c *handsetConn) Ping(payload string) error {
	return c.session.Ping(context.Background(), []byte(payload))
}

func (c *handsetConn) Pongs() []string { return c.pongs }

func (c *handsetConn) Close(code int, reason string) error {
	err := c.session.Close(ws.CloseReason{Code: ws.CloseCode(code), Description: reason})
	for err == nil {
		_, _, err = c.Receive()
	}
	return err
}

func (c *handsetConn) End() {
	if _, _, err := c.Receive(); err != nil { // answers a Close frame with its code
		_ = c.session.Close(ws.CloseReason{})
	}
}
