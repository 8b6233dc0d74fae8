package ws_test

import (
	"bufio"
	"bytes"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"

	"github.com/handset-go/handset/ws"
)

// bubble runs a test in virtual time, on a session whose transport is a pipe:
// a write waits until the other end takes it, and a wait takes exactly as long
// as it should. The test ends when every goroutine it started has ended.
func bubble(t *testing.T, u ws.Upgrader, test func(t *testing.T, p *pair)) {
	t.Helper()
	bubbleOver(t, u, func(c net.Conn) net.Conn { return c }, test)
}

// bubbleOver is bubble with the server's end of the pipe wrapped.
func bubbleOver(t *testing.T, u ws.Upgrader, wrap func(net.Conn) net.Conn, test func(t *testing.T, p *pair)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		end, peer := net.Pipe()
		w := &writer{conn: wrap(end)}
		session, stream, err := u.Handle(w, request())
		if err != nil {
			t.Fatal(err)
		}
		defer func() {
			peer.Close()
			_ = session.Close(ws.CloseReason{})
			<-session.Done()
		}()
		test(t, &pair{&client{t, peer, bufio.NewReader(peer)}, session, stream})
	})
}

// writer is a ResponseWriter that gives up the connection it was made with. It
// has the 101 for itself, and the connection's peer has what follows.
type writer struct {
	conn   net.Conn
	early  []byte // what the server has read beyond the request
	header http.Header
	status int
	body   bytes.Buffer
	answer answer // the 101
}

func (w *writer) Header() http.Header {
	if w.header == nil {
		w.header = http.Header{}
	}
	return w.header
}

func (w *writer) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
}

func (w *writer) Write(p []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	return w.body.Write(p)
}

func (w *writer) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	br := bufio.NewReader(bytes.NewReader(w.early))
	_, _ = br.Peek(len(w.early))
	return answering(w.conn, &w.answer), bufio.NewReadWriter(br, bufio.NewWriter(w.conn)), nil
}

// request is a handshake as RFC 6455 §1.3 has it, changed by pairs of a
// header's name and its value: "" takes the header away.
func request(headers ...string) *http.Request {
	r := httptest.NewRequest(http.MethodGet, "http://example.com/chat", nil)
	headers = append([]string{
		"Connection", "Upgrade", "Upgrade", "websocket",
		"Sec-WebSocket-Version", "13", "Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==",
	}, headers...)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
		if headers[i+1] == "" {
			r.Header.Del(headers[i])
		}
	}
	return r
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
func newClient(t testing.TB, peer net.Conn) *client { return &client{t, peer, bufio.NewReader(peer)} }
