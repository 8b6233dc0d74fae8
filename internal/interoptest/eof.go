package interoptest

import (
	"io"
	"net"
	"sync/atomic"
	"testing"
)

// eofWatch is what is known of the end of a TCP connection.
type eofWatch struct {
	tls             bool
	eof, closedSoon atomic.Bool // the end was read; it was closed before that
}

// expect expects that the server has closed the TCP connection before the client.
// With TLS, its close_notify counts, which the connection does not show. A client is not watched.
func (w *eofWatch) expect(t *testing.T) {
	t.Helper()
	if w != nil && !w.tls && (!w.eof.Load() || w.closedSoon.Load()) {
		t.Error("the client has closed the TCP connection before the server")
	}
}

type watchedConn struct {
	net.Conn
	w *eofWatch
}

func (c watchedConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if err == io.EOF {
		c.w.eof.Store(true)
	}
	return n, err
}

func (c watchedConn) Close() error {
	if !c.w.eof.Load() {
		c.w.closedSoon.Store(true)
	}
	return c.Conn.Close()
}
