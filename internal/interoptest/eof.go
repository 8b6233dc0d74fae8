package interoptest

import (
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/handset-go/handset/ws"
)

// eofWatch is what is known of the end of a TCP connection.
type eofWatch struct {
	tls             bool
	eof, closedSoon atomic.Bool // the end was read; it was closed before that
}

// dialWatched is dial with a connection whose end is watched.
func (s *Server) dialWatched(t *testing.T, path string) (*call, *eofWatch) {
	t.Helper()
	w := &eofWatch{tls: strings.HasPrefix(s.URL, "wss:")}
	transport := s.transport(t)
	dial := transport.DialContext
	transport.DialContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := dial(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		return watchedConn{conn, w}, nil
	}
	return s.dial(t, path, &ws.Dialer{HTTPClient: &http.Client{Transport: transport}}), w
}

// expect expects that the server has closed the TCP connection before the client.
// With TLS, its close_notify counts, which the connection does not show.
func (w *eofWatch) expect(t *testing.T) {
	t.Helper()
	if !w.tls && (!w.eof.Load() || w.closedSoon.Load()) {
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
