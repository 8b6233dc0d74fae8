package interoptest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/handset-go/handset/ws"
)

// patience limits every wait. It is far longer than needed, so that a slow machine does
// not fail a test, and far shorter than closeTimeout.
const patience = 40 * time.Second

// closeTimeout is that of the sessions: one that ends earlier has not waited for it.
const closeTimeout = 5 * time.Minute

// call is one connection.
type call struct {
	t          *testing.T
	ctx        context.Context
	other      *other
	url        string // path and query
	session    *ws.Session
	stream     *ws.MessageStream
	conn       net.Conn  // below the session and TLS
	eof        *eofWatch // nil if it is not watched
	extensions string    // of the response
}

// calls numbers the calls, so that their reports can be recognized.
var calls atomic.Int64

func (o *other) newCall(t *testing.T, path string) *call {
	separator := "?"
	if strings.Contains(path, "?") {
		separator = "&"
	}
	ctx, cancel := context.WithTimeout(context.Background(), 3*patience)
	t.Cleanup(cancel)
	return &call{t: t, ctx: ctx, other: o, url: fmt.Sprintf("%s%scall=%d", path, separator, calls.Add(1))}
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
		case r := <-c.other.reports:
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
