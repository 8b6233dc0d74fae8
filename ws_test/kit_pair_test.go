package ws_test

import (
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"reflect"
	"runtime"
	"sync/atomic"
	"testing"

	"github.com/handset-go/handset/ws"
)

// pair is a session on a server and the raw client at the other end of it.
type pair struct {
	*client
	session *ws.Session
	stream  *ws.MessageStream
}

// transport is a way for bytes to reach a session.
type transport struct {
	name string
	tls  bool
	wrap bool // the server's conn is hidden in a wrapper
}

// transports are the ways that differ in the code they take: the polled
// descriptor, any net.Conn, and TLS.
var transports = []transport{{name: "tcp"}, {name: "wrapped", wrap: true}, {name: "tls", tls: true}}

// copyOptions returns a new Upgrader with the options of u, which may be nil for
// none: tests for many transports need an Upgrader for each.
func copyOptions(u *ws.Upgrader) *ws.Upgrader {
	other := new(ws.Upgrader)
	if u == nil {
		return other
	}
	from, to := reflect.ValueOf(u).Elem(), reflect.ValueOf(other).Elem()
	for i := range from.NumField() {
		if to.Field(i).CanSet() {
			to.Field(i).Set(from.Field(i))
		}
	}
	return other
}

// connect returns a session with the given options over plain TCP.
func connect(t testing.TB, u *ws.Upgrader) *pair {
	t.Helper()
	return connectOver(t, transports[0], u)
}

func connectOver(t testing.TB, over transport, u *ws.Upgrader) *pair {
	t.Helper()
	u = copyOptions(u)
	p := new(pair)
	began := make(chan error, 1)
	srv := serve(t, over, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var err error
		p.session, p.stream, err = u.Handle(w, r)
		began <- err
	}))
	p.client = dial(t, srv, "")
	if err := await(t, began, "the handshake"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		p.client.conn.Close()
		_ = p.session.Close(ws.CloseReason{})
		await(t, p.session.Done(), "the session's end")
	})
	return p
}

// connectOn returns a session whose connection comes from l.
func connectOn(t testing.TB, l net.Listener, tls bool, u *ws.Upgrader) *pair {
	t.Helper()
	u = copyOptions(u)
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
	p.client, _ = handshakeOn(t, conn, request())
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

// connectUnix returns a session over a Unix socket, which is polled as TCP is
// but has no delays, and no buffers beyond what is asked for: bytes that were
// written have arrived. Of network unixpacket a read takes what one write
// brought. tune, if not nil, is called for the server's end.
func connectUnix(t testing.TB, network string, u *ws.Upgrader, tune func(net.Conn)) *pair {
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

// connectEach runs a test over every transport that goes through the kernel, with
// buffers of the default sizes.
func connectEach(t *testing.T, u func() *ws.Upgrader, test func(t *testing.T, p *pair)) {
	t.Helper()
	for _, over := range transports {
		t.Run(over.name, func(t *testing.T) {
			t.Parallel()
			test(t, connectOver(t, over, u()))
		})
	}
	t.Run("unix", func(t *testing.T) {
		t.Parallel()
		test(t, connectUnix(t, "unix", u(), nil))
	})
}

// connectTo opens a session of an Upgrader and has it end with the test.
func connectTo(t *testing.T, u *ws.Upgrader) *ws.Session {
	t.Helper()
	end, peer := net.Pipe()
	session, _, err := u.Handle(&responseWriter{conn: end}, request())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		peer.Close()
		_ = session.Close(ws.CloseReason{})
		<-session.Done()
	})
	return session
}

func connectLimitedReads(t *testing.T) *splitWriter {
	limit := new(atomic.Int64)
	limit.Store(100_000)
	return &splitWriter{connectOn(t, limitingListener{listen(t), limit}, false, &ws.Upgrader{}), limit}
}

// overTransports runs a test over every transport.
func overTransports(t *testing.T, u *ws.Upgrader, test func(t *testing.T, p *pair)) {
	t.Helper()
	for _, over := range transports {
		t.Run(over.name, func(t *testing.T) { test(t, connectOver(t, over, u)) })
	}
}

// overTransportsWith is overTransports with an Upgrader that the test can close.
func overTransportsWith(t *testing.T, test func(t *testing.T, u *ws.Upgrader, p *pair)) {
	for _, over := range transports {
		t.Run(over.name, func(t *testing.T) {
			u := new(ws.Upgrader)
			begun := make(chan *pair, 1)
			start := servedOver(over)
			c := start(t, u, func(s *ws.Session, m *ws.MessageStream) { begun <- &pair{session: s, stream: m} })
			p := await(t, begun, "the session")
			p.client = c
			test(t, u, p)
		})
	}
}
