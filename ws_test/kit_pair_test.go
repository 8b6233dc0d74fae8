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

// pair is a session and the peer at the other end of it, which is scripted as a raw
// client whichever side the session is on.
type pair struct {
	*client
	session *ws.Session
	stream  *ws.MessageStream
}

// transport is a way for bytes to reach a session.
type transport struct {
	name string
	tls  bool
	wrap bool // the session's conn is hidden in a wrapper
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
func (on side) connect(t testing.TB, u *ws.Upgrader) *pair {
	t.Helper()
	return on.connectOver(t, transports[0], u)
}

// connectOver returns a session with the given options over a transport.
func (on side) connectOver(t testing.TB, over transport, u *ws.Upgrader) *pair {
	t.Helper()
	if on == serverSide {
		return handleOver(t, over, copyOptions(u))
	}
	return dialOver(t, over, newDialer(t, u))
}

// bothEnds returns the two ends of a connection, of which the listener accepts the session's.
func bothEnds(t testing.TB, l net.Listener) (session, peer net.Conn) {
	t.Helper()
	defer l.Close()
	peer, err := net.Dial(l.Addr().Network(), l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { peer.Close() })
	if session, err = l.Accept(); err != nil {
		t.Fatal(err)
	}
	return session, peer
}

// handleOver returns a session of an Upgrader over a transport.
func handleOver(t testing.TB, over transport, u *ws.Upgrader) *pair {
	t.Helper()
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
	return closedByCleanup(t, p)
}

// connectOn returns a session whose connection comes from l.
func (on side) connectOn(t testing.TB, l net.Listener, tls bool, u *ws.Upgrader) *pair {
	t.Helper()
	if on == clientSide {
		end, peer := bothEnds(t, l)
		session, stream, c := dialTo(t, newDialer(t, u), end, peer, tls, nil)
		return closedByCleanup(t, &pair{c, session, stream})
	}
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
	return closedByCleanup(t, p)
}

// connectUnix returns a session over a Unix socket, which is polled as TCP is
// but has no delays, and no buffers beyond what is asked for: bytes that were
// written have arrived. Of network unixpacket a read takes what one write
// brought. tune, if not nil, is called for the session's end.
func (on side) connectUnix(t testing.TB, network string, u *ws.Upgrader, tune func(net.Conn)) *pair {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skipf("needs %s sockets as Linux has them, this is %s", network, runtime.GOOS)
	}
	l, err := net.Listen(network, filepath.Join(t.TempDir(), "s"))
	if err != nil {
		t.Fatal(err)
	}
	return on.connectOn(t, tuningListener{l, tune}, false, u)
}

// connectEach runs a test on both sides, over every transport that goes through the
// kernel, with buffers of the default sizes.
func connectEach(t *testing.T, u func() *ws.Upgrader, test func(t *testing.T, p *pair)) {
	t.Helper()
	eachTransport(t, func(t *testing.T, on side, over transport) {
		t.Parallel()
		test(t, on.connectOver(t, over, u()))
	})
	for _, on := range sides {
		t.Run(on.String()+",unix", func(t *testing.T) {
			t.Parallel()
			test(t, on.connectUnix(t, "unix", u(), nil))
		})
	}
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

func connectLimitedReads(t *testing.T, on side) *splitWriter {
	limit := new(atomic.Int64)
	limit.Store(100_000)
	return &splitWriter{on.connectOn(t, limitingListener{listen(t), limit}, false, &ws.Upgrader{}), limit}
}

// overTransports runs a test on both sides over every transport.
func overTransports(t *testing.T, u *ws.Upgrader, test func(t *testing.T, p *pair)) {
	t.Helper()
	eachTransport(t, func(t *testing.T, on side, over transport) { test(t, on.connectOver(t, over, u)) })
}

// overTransportsInParallel is overTransports for tests that wait for real time.
func overTransportsInParallel(t *testing.T, u *ws.Upgrader, test func(t *testing.T, p *pair)) {
	t.Helper()
	eachTransport(t, func(t *testing.T, on side, over transport) {
		t.Parallel()
		test(t, on.connectOver(t, over, u))
	})
}

// eachTransport runs a test on both sides for every transport.
func eachTransport(t *testing.T, test func(t *testing.T, on side, over transport)) {
	t.Helper()
	for _, over := range transports {
		for _, on := range sides {
			t.Run(on.String()+","+over.name, func(t *testing.T) { test(t, on, over) })
		}
	}
}

// overTransportsWith is overTransports with an endpoint that the test can close.
func overTransportsWith(t *testing.T, test func(t *testing.T, from endpoint, p *pair)) {
	t.Helper()
	eachTransport(t, func(t *testing.T, on side, over transport) {
		from, p := on.pairOf(t, over, new(ws.Upgrader))
		test(t, from, p)
	})
}

// pairOf is connectOver with an endpoint that the test can close.
func (on side) pairOf(t *testing.T, over transport, u *ws.Upgrader) (endpoint, *pair) {
	t.Helper()
	if on == serverSide {
		return u, handleOver(t, over, u)
	}
	d := newDialer(t, u)
	return d, dialOver(t, over, d)
}
