package ws_test

import (
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"testing"
	"time"

	"github.com/handset-go/handset/ws"
)

// serve runs a server whose connections are of the given kind.
func serve(t testing.TB, over transport, h http.Handler) *httptest.Server {
	t.Helper()
	srv := httptest.NewUnstartedServer(h)
	start(t, over, srv)
	return srv
}

// start has a server listen for connections of the given kind.
func start(t testing.TB, over transport, srv *httptest.Server) {
	t.Helper()
	if over.wrap {
		srv.Listener = wrappingListener{srv.Listener}
	}
	if over.tls {
		srv.StartTLS()
	} else {
		srv.Start()
	}
	t.Cleanup(srv.Close)
}

// serveEcho runs a server that echoes.
func serveEcho(t testing.TB, over transport) *httptest.Server {
	t.Helper()
	return serve(t, over, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if session, stream, err := ws.Handle(w, r); err == nil {
			go func() { _ = echo(session, stream.Aggregate(0)) }()
		}
	}))
}

// serveUnix runs a server on a Unix socket.
func serveUnix(t *testing.T, h http.Handler) *httptest.Server {
	t.Helper()
	l, err := net.Listen("unix", filepath.Join(t.TempDir(), "s"))
	if err != nil {
		t.Skip(err) // no Unix sockets, or the name is too long
	}
	srv := &httptest.Server{Listener: l, Config: &http.Server{Handler: h}}
	srv.Start()
	t.Cleanup(srv.Close)
	return srv
}

func servedOver(over transport) func(*testing.T, *ws.Upgrader, func(*ws.Session, *ws.MessageStream)) (endpoint, *client) {
	return func(t *testing.T, u *ws.Upgrader, f func(*ws.Session, *ws.MessageStream)) (endpoint, *client) {
		return u, dial(t, serve(t, over, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			session, stream, err := u.Handle(w, r)
			if err != nil {
				t.Error(err)
				return
			}
			f(session, stream)
		})), "")
	}
}

// listen returns a listener on the loopback interface.
func listen(t testing.TB) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// unusedAddress returns an address that refuses connections until the test ends: a
// connection to somewhere else has it, so that no listener gets it.
func unusedAddress(t testing.TB) string {
	t.Helper()
	l := listen(t)
	t.Cleanup(func() { l.Close() })
	conn, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn.LocalAddr().String()
}

type wrappingListener struct{ net.Listener }

func (l wrappingListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return wrappedConn{c}, nil
}

// wrappedConn hides what kind of connection it is.
type wrappedConn struct{ net.Conn }

// tuningListener tunes the connections it accepts, which stay what they are.
type tuningListener struct {
	net.Listener
	tune func(net.Conn)
}

func (l tuningListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err == nil && l.tune != nil {
		l.tune(c)
	}
	return c, err
}

// noDeadlineConn does not support deadlines, as some conns that tunnel through another protocol.
type noDeadlineConn struct{ net.Conn }

func (noDeadlineConn) SetDeadline(time.Time) error { return errors.ErrUnsupported }

func (noDeadlineConn) SetReadDeadline(time.Time) error { return errors.ErrUnsupported }

func (noDeadlineConn) SetWriteDeadline(time.Time) error { return errors.ErrUnsupported }
