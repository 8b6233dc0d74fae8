package ws_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha1"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/handset-go/handset/ws"
)

// connKey is the key of the connection in the context of a Dial.
type connKey struct{}

// scriptedClient is an HTTPClient that uses the connection in the context.
func scriptedClient() *http.Client {
	return &http.Client{Transport: &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) { return ctx.Value(connKey{}).(net.Conn), nil },
		DialTLSContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			conn := ctx.Value(connKey{}).(net.Conn)
			return tls.Client(conn, &tls.Config{RootCAs: certificate().roots, ServerName: "example.com"}), nil
		},
	}}
}

// dialOn has a Dialer, whose HTTPClient is a scriptedClient, use the given connection.
func dialOn(t testing.TB, d *ws.Dialer, end net.Conn, overTLS bool) (*ws.Session, *ws.MessageStream, error) {
	t.Helper()
	url := "ws://example.com/chat"
	if overTLS {
		url = "wss://example.com/chat"
	}
	return dialURL(d, end, url)
}

// dialURL has a Dialer, whose HTTPClient is a scriptedClient, use the given connection for
// any URL.
func dialURL(d *ws.Dialer, end net.Conn, url string) (*ws.Session, *ws.MessageStream, error) {
	ctx, cancel := context.WithTimeout(context.WithValue(context.Background(), connKey{}, end), testTimeout)
	defer cancel()
	return d.Dial(ctx, url)
}

// dialUnclosed returns a session of a Dialer over a transport, which the test ends.
func dialUnclosed(t testing.TB, over transport, d *ws.Dialer) (*ws.Session, *ws.MessageStream, *client) {
	t.Helper()
	l := listen(t)
	if over.wrap {
		l = wrappingListener{l}
	}
	end, peer := bothEnds(t, l)
	return dialTo(t, d, end, peer, over.tls, nil)
}

// dialOver returns a session of a Dialer over a transport.
func dialOver(t testing.TB, over transport, d *ws.Dialer) *pair {
	t.Helper()
	session, stream, c := dialUnclosed(t, over, d)
	return closedByCleanup(t, &pair{c, session, stream})
}

// dialTo returns a session of a Dialer on one end of a connection, and the peer at the
// other end. answer is the Sec-WebSocket-Extensions of the peer for those of the request.
func dialTo(t testing.TB, d *ws.Dialer, end, peer net.Conn, overTLS bool, answer func(offer string) string) (*ws.Session, *ws.MessageStream, *client) {
	t.Helper()
	_ = peer.SetDeadline(time.Now().Add(conversationTimeout))
	if overTLS {
		peer = tls.Server(peer, &tls.Config{Certificates: certificate().own})
	}
	answered := make(chan error, 1)
	go func() { answered <- answerHandshake(peer, answer) }()
	session, stream, err := dialOn(t, d, end, overTLS)
	if err != nil {
		t.Fatal(err)
	}
	if err := await(t, answered, "the handshake"); err != nil {
		t.Fatal(err)
	}
	return session, stream, clientSide.peer(t, peer)
}

// closedByCleanup has a session end with the test.
func closedByCleanup(t testing.TB, p *pair) *pair {
	t.Cleanup(func() {
		p.client.conn.Close()
		_ = p.session.Close(ws.CloseReason{})
		await(t, p.session.Done(), "the session's end")
	})
	return p
}

// answerHandshake reads a request and writes the 101.
func answerHandshake(peer net.Conn, answer func(offer string) string) error {
	r, err := http.ReadRequest(bufio.NewReader(peer)) // the session sends nothing before the answer
	if err == nil {
		_, err = peer.Write(switchingProtocols(r, answer))
	}
	return err
}

// switchingProtocols is the 101 for a request, with its first subprotocol.
func switchingProtocols(r *http.Request, answer func(offer string) string) []byte {
	b := []byte("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
		"Sec-WebSocket-Accept: " + acceptOf(r) + "\r\n")
	if protocols := ws.Subprotocols(r); len(protocols) > 0 {
		b = append(b, "Sec-WebSocket-Protocol: "+protocols[0]+"\r\n"...)
	}
	if answer != nil {
		if extensions := answer(r.Header.Get("Sec-WebSocket-Extensions")); extensions != "" {
			b = append(b, "Sec-WebSocket-Extensions: "+extensions+"\r\n"...)
		}
	}
	return append(b, "\r\n"...)
}

// acceptOf is the Sec-WebSocket-Accept for a request (RFC 6455 §4.2.2).
func acceptOf(r *http.Request) string {
	sum := sha1.Sum([]byte(r.Header.Get("Sec-WebSocket-Key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	return base64.StdEncoding.EncodeToString(sum[:])
}

// certificate is that of httptest's servers.
var certificate = sync.OnceValue(func() (c struct {
	own   []tls.Certificate
	roots *x509.CertPool
}) {
	srv := httptest.NewTLSServer(nil)
	defer srv.Close()
	c.own, c.roots = srv.TLS.Certificates, x509.NewCertPool()
	c.roots.AddCert(srv.Certificate())
	return c
})

// scriptedResponse is the response of a peer that has no part in the handshake.
type scriptedResponse struct {
	early   []byte                    // what comes with the 101
	answer  func(offer string) string // nil for no extensions
	request *http.Request             // that was answered
	offer   []byte
	rest    []byte        // of the 101
	ready   chan struct{} // closed when the request has been written
	written atomic.Bool   // the same, for writes
}

// respondingConn is a connection that answers the request that is written to it: what
// the peer reads begins with the session.
type respondingConn struct {
	net.Conn
	*scriptedResponse
}

// respond wraps conn so that the request of the handshake is answered with r.
func respond(conn net.Conn, r *scriptedResponse) net.Conn {
	r.ready = make(chan struct{})
	c := &respondingConn{conn, r}
	if half, ok := conn.(closeWriter); ok {
		return struct {
			*respondingConn
			closeWriter
		}{c, half}
	}
	return c
}

func (c *respondingConn) Write(p []byte) (int, error) {
	if c.written.Load() {
		return c.Conn.Write(p)
	}
	c.offer = append(c.offer, p...)
	if !bytes.HasSuffix(c.offer, []byte("\r\n\r\n")) {
		return len(p), nil
	}
	r, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(c.offer)))
	if err != nil {
		return 0, err
	}
	c.request, c.rest = r, append(switchingProtocols(r, c.answer), c.early...)
	c.written.Store(true)
	close(c.ready)
	return len(p), nil
}

func (c *respondingConn) Read(p []byte) (int, error) {
	<-c.ready
	if len(c.rest) == 0 {
		return c.Conn.Read(p)
	}
	n := copy(p, c.rest)
	c.rest = c.rest[n:]
	return n, nil
}
