package main

import (
	"context"
	"io"
	"testing"

	"github.com/handset-go/handset/ws"
)

// client is a client of the program under test.
type client struct {
	session *ws.Session
	stream  *ws.MessageStream
	whole   *ws.AggregatedStream
	dialer  *ws.Dialer
}

// dial connects a client. It is closed, without a Close frame, when the test ends.
func dial(t *testing.T, url string) *client {
	t.Helper()
	return dialWith(t, url, new(ws.Dialer))
}

func dialWith(t *testing.T, url string, d *ws.Dialer) *client {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	session, stream, err := d.Dial(ctx, url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return &client{session, stream, stream.Aggregate(8 << 20), d}
}

// next waits for the next message.
func (c *client) next(t *testing.T) ws.Message {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	msg, err := c.whole.Recv(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return msg
}

// expectClose fails the test unless the next message is a Close message with the code.
// The second receive answers it.
func (c *client) expectClose(t *testing.T, code ws.CloseCode) {
	t.Helper()
	if msg := c.next(t); msg.Kind != ws.Close || msg.Reason.Code != code {
		t.Errorf("received %v %v, want Close %v", msg.Kind, msg.Reason.Code, code)
	}
	if _, err := c.whole.Recv(t.Context()); err != io.EOF {
		t.Errorf("after the Close message received %v", err)
	}
}

// roundTrip sends a message and waits for its echo.
func roundTrip(t *testing.T, c *client) {
	t.Helper()
	if err := c.session.Text(t.Context(), "there and back"); err != nil {
		t.Fatal(err)
	}
	c.next(t)
}
