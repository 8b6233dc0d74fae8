package ws_test

import (
	"bufio"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/handset-go/handset/ws"
)

// connectUnix returns a session over a Unix socket, which is polled as TCP is
// but has no delays, and no buffers beyond what is asked for: bytes that were
// written have arrived. Of network unixpacket a read takes what one write
// brought. tune, if not nil, is called for the server's end.
func connectUnix(t testing.TB, network string, u ws.Upgrader, tune func(net.Conn)) *pair {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skipf("needs %s sockets as Linux has them, this is %s", network, runtime.GOOS)
	}
	l, err := net.Listen(network, filepath.Join(t.TempDir(), "s"))
	if err != nil {
		t.Fatal(err)
	}
	return connectOn(t, tuningListener{l, tune}, false, u)
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

// connectOn returns a session whose connection comes from l.
func connectOn(t testing.TB, l net.Listener, tls bool, u ws.Upgrader) *pair {
	t.Helper()
	p, began := new(pair), make(chan error, 1)
	srv := &httptest.Server{Listener: l, Config: &http.Server{
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			var err error
			p.session, p.stream, err = u.Handle(w, r)
			began <- err
		})}}
	if tls {
		srv.StartTLS()
	} else {
		srv.Start()
	}
	t.Cleanup(srv.Close)
	conn, err := net.Dial(l.Addr().Network(), l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	if tls {
		conn = tlsClient(srv, conn)
	}
	t.Cleanup(func() { conn.Close() })
	p.client, _ = shake(t, conn, request())
	if err := await(t, began, "the handshake"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		conn.Close()
		_ = p.session.Close(ws.CloseReason{})
		await(t, p.session.Done(), "the session's end")
	})
	return p
}

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

// shake sends a handshake request on conn and returns the client and what it
// was answered.
func shake(t testing.TB, conn net.Conn, r *http.Request) (*client, *http.Response) {
	t.Helper()
	_ = conn.SetDeadline(time.Now().Add(patience))
	if err := r.Write(conn); err != nil {
		t.Fatal(err)
	}
	c := &client{t: t, conn: conn, br: bufio.NewReader(conn)}
	resp, err := http.ReadResponse(c.br, r)
	if err != nil {
		t.Fatal(err)
	}
	return c, resp
}
