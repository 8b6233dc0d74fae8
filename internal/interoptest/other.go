package interoptest

import (
	"testing"

	"github.com/handset-go/handset/ws"
)

// other is the other end of connections, a server or a client.
type other struct {
	*Role
	name, way string
	client    bool // it is a client
	reports   <-chan Report

	// open opens the connection of a call.
	open func(*call, settings) error
}

// settings are those of the end of package ws.
type settings struct {
	options     ws.Options
	compression ws.Compression
	subprotocol bool // negotiate it
	watched     bool // see who closes the TCP connection first
	refuse      bool // only of servers
}

// connect opens a connection for a path. The session must have ended, or end when it is
// closed, by the end of the test.
func (o *other) connect(t *testing.T, path string, s settings) *call {
	t.Helper()
	c := o.newCall(t, path)
	s.options.CloseTimeout = closeTimeout
	if err := o.open(c, s); err != nil {
		t.Fatalf("%s: %v", c.url, err)
	}
	t.Cleanup(func() {
		_ = c.session.Close(ws.CloseReason{})
		c.done()
	})
	return c
}
