package ws_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/handset-go/handset/ws"
)

// patience bounds every wait of a test: far more than anything needs, so that
// a slow machine fails nothing, and a hang is a failure.
const patience = 20 * time.Second

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

// connect returns a session with the given options over plain TCP.
func connect(t testing.TB, u ws.Upgrader) *pair {
	t.Helper()
	return connectOver(t, transports[0], u)
}

func connectOver(t testing.TB, over transport, u ws.Upgrader) *pair {
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
	t.Cleanup(func() {
		p.client.conn.Close()
		_ = p.session.Close(ws.CloseReason{})
		await(t, p.session.Done(), "the session's end")
	})
	return p
}

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

// client speaks frames by hand, well or badly.
type client struct {
	t    testing.TB
	conn net.Conn
	br   *bufio.Reader
}

// dial does the handshake by hand, sending early with it.
func dial(t testing.TB, srv *httptest.Server, early string) *client {
	t.Helper()
	conn, err := net.Dial("tcp", srv.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	if srv.TLS != nil {
		conn = tlsClient(srv, conn)
	}
	t.Cleanup(func() { conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(patience))
	c := &client{t: t, conn: conn, br: bufio.NewReader(conn)}
	c.write([]byte("GET / HTTP/1.1\r\nHost: " + srv.Listener.Addr().String() +
		"\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n" +
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n" + early))
	resp, err := http.ReadResponse(c.br, nil)
	if err != nil {
		t.Fatal(err)
	}
	if resp.StatusCode != http.StatusSwitchingProtocols {
		t.Fatalf("handshake: %s", resp.Status)
	}
	if got := resp.Header.Get("Sec-WebSocket-Accept"); got != "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" {
		t.Fatalf("Sec-WebSocket-Accept %q", got) // RFC 6455 §1.3's own example
	}
	return c
}

// write writes bytes as they are.
func (c *client) write(b []byte) {
	c.t.Helper()
	if _, err := c.conn.Write(b); err != nil {
		c.t.Fatalf("client write: %v", err)
	}
}

const fin = 0x80

const (
	opContinuation = 0x0
	opText         = 0x1
	opBinary       = 0x2
	opClose        = 0x8
	opPing         = 0x9
	opPong         = 0xA
)

// masked is a client's frame; first is its first byte: fin, reserved bits and
// opcode.
func masked(first byte, payload []byte) []byte {
	key := [4]byte{0x37, 0xfa, 0x21, 0x3d}
	b := append(header(first, uint64(len(payload))), key[:]...)
	for i, p := range payload {
		b = append(b, p^key[i%4])
	}
	return b
}

// header is the beginning of a client's frame, up to its key, with the length
// in its shortest form.
func header(first byte, length uint64) []byte {
	switch {
	case length <= 125:
		return []byte{first, 0x80 | byte(length)}
	case length <= 0xFFFF:
		return binary.BigEndian.AppendUint16([]byte{first, 0x80 | 126}, uint16(length))
	default:
		return binary.BigEndian.AppendUint64([]byte{first, 0x80 | 127}, length)
	}
}

// closePayload is a Close frame's.
func closePayload(code uint16, reason string) []byte {
	return append(binary.BigEndian.AppendUint16(nil, code), reason...)
}

// send sends a whole, well-formed frame.
func (c *client) send(opcode byte, payload string) {
	c.t.Helper()
	c.write(masked(fin|opcode, []byte(payload)))
}

// received is a frame from the server.
type received struct {
	first   byte
	payload []byte
}

func (f received) opcode() byte { return f.first & 0x0F }

// closeCode is a Close frame's code, 0 for none.
func (f received) closeCode() int {
	if len(f.payload) < 2 {
		return 0
	}
	return int(binary.BigEndian.Uint16(f.payload))
}

// next reads the server's next frame and checks that it is well-formed.
func (c *client) next() (received, error) {
	var h [2]byte
	if _, err := io.ReadFull(c.br, h[:]); err != nil {
		return received{}, err
	}
	if h[1]&0x80 != 0 {
		return received{}, errors.New("the server's frame is masked")
	}
	n := uint64(h[1])
	if n >= 126 {
		ext := make([]byte, map[uint64]int{126: 2, 127: 8}[n])
		if _, err := io.ReadFull(c.br, ext); err != nil {
			return received{}, err
		}
		n = 0
		for _, b := range ext {
			n = n<<8 | uint64(b)
		}
		if len(ext) == 2 && n < 126 || len(ext) == 8 && n <= 0xFFFF {
			return received{}, fmt.Errorf("length %d is not in its shortest form", n)
		}
	}
	payload := make([]byte, n)
	_, err := io.ReadFull(c.br, payload)
	return received{h[0], payload}, err
}

// expect reads the next frame, which must be whole and the given one.
func (c *client) expect(opcode byte, payload string) {
	c.t.Helper()
	f, err := c.next()
	if err != nil {
		c.t.Fatalf("client read: %v", err)
	}
	if f.first != fin|opcode || !bytes.Equal(f.payload, []byte(payload)) {
		c.t.Fatalf("got frame %#x of %d bytes %q, want %#x of %d bytes %q",
			f.first, len(f.payload), clip(f.payload), fin|opcode, len(payload), clip([]byte(payload)))
	}
}

// expectClose reads on until the server's Close frame, which must have the
// given code, and then until it closes the connection.
func (c *client) expectClose(code int) {
	c.t.Helper()
	for {
		f, err := c.next()
		if err != nil {
			c.t.Fatalf("client read: %v before a Close frame", err)
		}
		if f.opcode() != opClose {
			continue
		}
		if got := f.closeCode(); got != code {
			c.t.Fatalf("got close code %d %q, want %d", got, f.payload, code)
		}
		return
	}
}

// expectEnd waits for the server to close the connection.
func (c *client) expectEnd() {
	c.t.Helper()
	if f, err := c.next(); !errors.Is(err, io.EOF) && !isReset(err) {
		c.t.Fatalf("got frame %#x, error %v; want the end of the connection", f.first, err)
	}
}

func isReset(err error) bool { return err != nil && strings.Contains(err.Error(), "reset") }

func clip(b []byte) []byte { return b[:min(len(b), 64)] }

// await waits for a channel to deliver or to be closed.
func await[T any](t testing.TB, c <-chan T, what string) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(patience):
		t.Fatalf("%s did not come", what)
		panic("unreachable")
	}
}

// within is a context that ends when a test has waited too long.
func within(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	return ctx
}
