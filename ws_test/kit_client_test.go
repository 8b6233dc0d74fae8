package ws_test

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// client sends and receives frames by hand, valid or not. Its session may be one of a
// Dialer: see serverConn.
type client struct {
	t    testing.TB
	conn net.Conn
	br   *bufio.Reader
	on   side // of the session at the other end
}

// write writes bytes as they are.
func (c *client) write(b []byte) {
	c.t.Helper()
	if _, err := c.conn.Write(b); err != nil {
		c.t.Fatalf("client write: %v", err)
	}
}

// send sends a whole, well-formed frame.
func (c *client) send(opcode byte, payload string) {
	c.t.Helper()
	c.write(masked(fin|opcode, []byte(payload)))
}

// next reads the server's next frame and checks that it is well-formed.
func (c *client) next() (serverFrame, error) {
	var h [2]byte
	if _, err := io.ReadFull(c.br, h[:]); err != nil {
		return serverFrame{}, err
	}
	if h[1]&0x80 != 0 {
		return serverFrame{}, errors.New("the server's frame is masked")
	}
	n := uint64(h[1])
	if n >= 126 {
		ext := make([]byte, map[uint64]int{126: 2, 127: 8}[n])
		if _, err := io.ReadFull(c.br, ext); err != nil {
			return serverFrame{}, err
		}
		n = 0
		for _, b := range ext {
			n = n<<8 | uint64(b)
		}
		if len(ext) == 2 && n < 126 || len(ext) == 8 && n <= 0xFFFF {
			return serverFrame{}, fmt.Errorf("length %d is not in its shortest form", n)
		}
	}
	payload := make([]byte, n)
	_, err := io.ReadFull(c.br, payload)
	return serverFrame{h[0], payload}, err
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
	_ = conn.SetDeadline(time.Now().Add(conversationTimeout))
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

// writeLater writes in the background: on a pipe a write waits until the
// session reads.
func (c *client) writeLater(b []byte) {
	go func() {
		if _, err := c.conn.Write(b); err != nil {
			c.t.Errorf("client write: %v", err)
		}
	}()
}

// newClient is a client at the other end of a session's pipe.
func newClient(t testing.TB, peer net.Conn) *client {
	return &client{t: t, conn: peer, br: bufio.NewReader(peer)}
}

// handshakeOn sends a handshake request on conn and returns the client and the
// response.
func handshakeOn(t testing.TB, conn net.Conn, r *http.Request) (*client, *http.Response) {
	t.Helper()
	_ = conn.SetDeadline(time.Now().Add(conversationTimeout))
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

// handshakeWith sends a request to srv.
func handshakeWith(t *testing.T, srv *httptest.Server, r *http.Request) (*client, *http.Response) {
	t.Helper()
	conn, err := net.Dial("tcp", srv.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	if srv.TLS != nil {
		conn = tlsClient(srv, conn)
	}
	t.Cleanup(func() { conn.Close() })
	return handshakeOn(t, conn, r)
}

// dialServer connects to a server on its network, tcp or unix.
func dialServer(t *testing.T, srv *httptest.Server) net.Conn {
	t.Helper()
	conn, err := net.Dial(srv.Listener.Addr().Network(), srv.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	if srv.TLS != nil {
		conn = tlsClient(srv, conn)
	}
	t.Cleanup(func() { conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(conversationTimeout))
	return conn
}

// tlsClient is a TLS connection to srv on conn.
func tlsClient(srv *httptest.Server, conn net.Conn) net.Conn {
	config := srv.Client().Transport.(*http.Transport).TLSClientConfig.Clone()
	config.ServerName = "example.com" // of httptest's certificate
	return tls.Client(conn, config)
}

func clip(b []byte) []byte { return b[:min(len(b), 64)] }

func isReset(err error) bool { return err != nil && strings.Contains(err.Error(), "reset") }

// readAll reads the server's frames until the connection ends.
func readAll(t testing.TB, c *client) (all []serverFrame) {
	for {
		f, err := c.next()
		if err != nil {
			if err != io.EOF && !isReset(err) {
				t.Errorf("after %d frames from the server: %v", len(all), err)
			}
			return all
		}
		all = append(all, f)
	}
}

func expectFrames(t *testing.T, c *client, frames ...serverFrame) {
	t.Helper()
	for i, want := range frames {
		got, err := c.next()
		if err != nil || got.first != want.first || string(got.payload) != string(want.payload) {
			t.Fatalf("frame %d is %#x %q, %v, want %#x %q", i, got.first, clip(got.payload), err, want.first, clip(want.payload))
		}
	}
}

// expectEcho checks that a session works, and ends it.
func expectEcho(t *testing.T, c *client) {
	t.Helper()
	c.send(opText, "hello")
	c.expect(opText, "hello")
	c.write(closeFrame(1000))
	c.expectClose(1000)
	c.expectEnd()
}

// resetConn ends a client's connection with a RST, or its equivalent on a pipe.
func resetConn(c *client) {
	if d, ok := underlying(c.conn).(*duplex); ok {
		d.reset()
		return
	}
	_ = tcpConn(c.conn).SetLinger(0)
	tcpConn(c.conn).Close()
}

// tcpConn is the TCP connection under a client's.
func tcpConn(c net.Conn) *net.TCPConn {
	return underlying(c).(*net.TCPConn)
}

// underlying is the connection under those of TLS and of a server's script.
func underlying(c net.Conn) net.Conn {
	for {
		over, ok := c.(interface{ NetConn() net.Conn })
		if !ok {
			return c
		}
		c = over.NetConn()
	}
}

func closeWrite(conn net.Conn) error {
	return conn.(interface{ CloseWrite() error }).CloseWrite()
}
