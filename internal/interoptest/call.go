package interoptest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/handset-go/handset/ws"
)

// patience limits every wait. It is far longer than needed, so that a slow machine does
// not fail a test, and far shorter than closeTimeout.
const patience = 20 * time.Second

// closeTimeout is that of the sessions: one that ends earlier has not waited for it.
const closeTimeout = 5 * time.Minute

// call is one connection to a server.
type call struct {
	t       *testing.T
	ctx     context.Context
	server  *Server
	url     string // path and query
	session *ws.Session
	stream  *ws.MessageStream
}

// calls numbers the calls, so that their reports can be recognized.
var calls atomic.Int64

// dial connects to a path of the server with the options of d. The session must have
// ended, or end when it is closed, by the end of the test.
func (s *Server) dial(t *testing.T, path string, d *ws.Dialer) *call {
	t.Helper()
	c := s.newCall(t, path)
	if err := c.dial(d); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = c.session.Close(ws.CloseReason{})
		c.done()
	})
	return c
}

func (s *Server) newCall(t *testing.T, path string) *call {
	separator := "?"
	if strings.Contains(path, "?") {
		separator = "&"
	}
	ctx, cancel := context.WithTimeout(context.Background(), 3*patience)
	t.Cleanup(cancel)
	return &call{t: t, ctx: ctx, server: s, url: fmt.Sprintf("%s%scall=%d", path, separator, calls.Add(1))}
}

func (c *call) dial(d *ws.Dialer) (err error) {
	if d.HTTPClient == nil {
		d.HTTPClient = c.server.Client
	}
	d.CloseTimeout = closeTimeout
	c.session, c.stream, err = d.Dial(c.ctx, c.server.URL+c.url)
	return err
}

// transport returns a copy of the Transport of the server's client.
func (s *Server) transport(t *testing.T) *http.Transport {
	base := http.DefaultTransport
	if s.Client != nil && s.Client.Transport != nil {
		base = s.Client.Transport
	}
	transport := base.(*http.Transport).Clone()
	t.Cleanup(transport.CloseIdleConnections)
	return transport
}

// done waits until the session has ended.
func (c *call) done() {
	c.t.Helper()
	select {
	case <-c.session.Done():
	case <-time.After(patience):
		c.t.Errorf("%s has not ended", c.url)
	}
}

// report waits for the report of the call.
func (c *call) report() Report {
	c.t.Helper()
	for late := time.After(patience); ; {
		select {
		case r := <-c.server.Reports:
			if r.URL == c.url {
				return r
			}
		case <-late:
			c.t.Fatalf("no report of %s", c.url)
		}
	}
}

// expectEnd receives the end of the stream, and expects that the session ends as
// given, before closeTimeout.
func (c *call) expectEnd(stream receiver, want ws.CloseError) {
	c.t.Helper()
	if msg, err := stream.Recv(c.ctx); err != io.EOF {
		c.t.Errorf("received %v of %d bytes, %v; want io.EOF", msg.Kind, len(msg.Data), err)
	}
	c.done()
	var got *ws.CloseError
	if err := c.session.Err(); !errors.As(err, &got) || *got != want {
		c.t.Errorf("the session ended with %+v, %v; want %+v", got, err, want)
	}
}

// receiver is a stream, whole messages or not.
type receiver interface {
	Recv(context.Context) (ws.Message, error)
}

// expect receives a message, which must be the given one.
func (c *call) expect(stream receiver, kind ws.Kind, want []byte) {
	c.t.Helper()
	msg, err := stream.Recv(c.ctx)
	if err != nil || msg.Kind != kind || string(msg.Data) != string(want) {
		c.t.Fatalf("%s: received %v of %d bytes, %v; want %v of %d bytes", c.url, msg.Kind, len(msg.Data), err, kind, len(want))
	}
}

// must fails the test if err is not nil.
func (c *call) must(err error) {
	c.t.Helper()
	if err != nil {
		c.t.Fatalf("%s: %v", c.url, err)
	}
}
