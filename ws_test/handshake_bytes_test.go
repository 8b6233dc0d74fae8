package ws_test

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/handset-go/handset/ws"
)

// handshakeRaw does a handshake and returns the lines of the answer as they came.
func handshakeRaw(t *testing.T, conn net.Conn, r *http.Request) (*client, []string) {
	t.Helper()
	_ = conn.SetDeadline(time.Now().Add(testTimeout))
	if err := r.Write(conn); err != nil {
		t.Fatal(err)
	}
	c := newClient(t, conn)
	var lines []string
	for {
		line, err := c.br.ReadString('\n')
		if err != nil {
			t.Fatalf("after %q: %v", lines, err)
		}
		if line == "\r\n" {
			return c, lines
		}
		lines = append(lines, strings.TrimSuffix(line, "\r\n"))
	}
}

// The response is spelled as in the RFC, byte for byte.
func TestHandshakeResponseBytes(t *testing.T) {
	u := &ws.Upgrader{Subprotocols: []string{"chat"}, Compression: ws.Frugal()}
	for _, over := range transports {
		t.Run(over.name, func(t *testing.T) {
			srv := serve(t, over, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				h := w.Header()
				h.Set("X-Injected", "a\r\nSet-Cookie: evil=1\r\n\r\n\x81\x04evil")
				h["X Bad: Name\r\n"] = []string{"evil"}
				h.Set("Server", "test")
				http.SetCookie(w, &http.Cookie{Name: "b", Value: "2"})
				http.SetCookie(w, &http.Cookie{Name: "a", Value: "1"})
				// What the program must not set.
				h.Set("Connection", "keep-alive")
				h["upgrade"] = []string{"h2c"}
				h["Sec-WebSocket-Protocol"] = []string{"evil"}
				h.Set("Sec-WebSocket-Accept", "evil")
				h.Set("Sec-WebSocket-Extensions", "evil")
				h.Set("Sec-WebSocket-Version", "8")
				// Headers that describe a body.
				h.Set("Content-Length", "5")
				h["content-encoding"] = []string{"gzip"}
				h.Set("Transfer-Encoding", "chunked")
				h.Set("Trailer", "X-Later")
				h.Set(http.TrailerPrefix+"X-Later", "evil")
				if session, stream, err := u.Handle(w, r); err == nil {
					go func() { _ = echo(session, stream.Aggregate(0)) }()
				}
			}))
			conn, err := net.Dial("tcp", srv.Listener.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			if over.tls {
				conn = tlsClient(srv, conn)
			}
			defer conn.Close()
			c, got := handshakeRaw(t, conn, request("Sec-WebSocket-Protocol", "chat"))
			want := []string{
				"HTTP/1.1 101 Switching Protocols",
				"Upgrade: websocket",
				"Connection: Upgrade",
				"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
				"Sec-WebSocket-Protocol: chat",
				"Server: test",
				"Set-Cookie: b=2",
				"Set-Cookie: a=1",
				"X-Injected: a  Set-Cookie: evil=1    \x81\x04evil",
			}
			if strings.Join(got, "\n") != strings.Join(want, "\n") {
				t.Errorf("answered with\n%q, want\n%q", got, want)
			}
			expectEcho(t, c)
		})
	}
}

func TestHandshakeExtensionResponseBytes(t *testing.T) {
	end, peer := net.Pipe()
	defer peer.Close()
	go func() { _, _ = io.Copy(io.Discard, peer) }()
	w := &responseWriter{conn: end}
	session, _, err := (&ws.Upgrader{Compression: ws.Frugal()}).Handle(w, request("Sec-WebSocket-Extensions", "permessage-deflate"))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(w.response.head, []byte("\r\nSec-WebSocket-Extensions: permessage-deflate")) {
		t.Errorf("answered with %q", w.response.head)
	}
	peer.Close()
	_ = session.Close(ws.CloseReason{})
	await(t, session.Done(), "the session's end")
}

func TestHandshakeLongResponse(t *testing.T) {
	const large = 100_000 // more than the server's buffer
	for _, over := range transports {
		srv := serve(t, over, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("X-Large", strings.Repeat("x", large))
			if session, stream, err := ws.Handle(w, r); err == nil {
				go func() { _ = echo(session, stream.Aggregate(0)) }()
			}
		}))
		c, answer := handshakeWith(t, srv, request())
		if got := len(answer.Header.Get("X-Large")); answer.StatusCode != 101 || got != large {
			t.Fatalf("%s: answered with %s and a header of %d bytes", over.name, answer.Status, got)
		}
		expectEcho(t, c)
	}
}

// A client that does not read the response blocks nobody else.
func TestHandshakeStalledClient(t *testing.T) {
	for _, tt := range []struct {
		u    *ws.Upgrader
		want time.Duration
	}{{&ws.Upgrader{}, 30 * time.Second}, {&ws.Upgrader{Options: ws.Options{WriteTimeout: time.Second}}, time.Second}} {
		synctest.Test(t, func(t *testing.T) {
			end, peer := net.Pipe()
			began := time.Now()
			w := &responseWriter{}
			expectRefused(t, tt.u, connWriter{w, end, nil}, request(), 500)
			if took := time.Since(began); took != tt.want {
				t.Errorf("Handle returned after %v, want %v", took, tt.want)
			}
			if _, err := peer.Read(make([]byte, 1)); err != io.EOF {
				t.Errorf("the connection was left open: %v", err)
			}
			if w.status != 0 || w.body.Len() > 0 {
				t.Errorf("answered with %d through a writer that was hijacked", w.status)
			}
			expectNoSessions(t, tt.u)
		})
	}
}

func TestHandshakeStalledWithoutDeadlines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u := &ws.Upgrader{Options: ws.Options{WriteTimeout: time.Second}}
		end, peer := net.Pipe()
		began := time.Now()
		expectRefused(t, u, connWriter{&responseWriter{}, noDeadlineConn{end}, nil}, request(), 500)
		if took := time.Since(began); took != time.Second {
			t.Errorf("Handle returned after %v", took)
		}
		if _, err := peer.Read(make([]byte, 1)); err != io.EOF {
			t.Errorf("the connection was left open: %v", err)
		}
		expectNoSessions(t, u)
	})
}

func TestHandshakeResponseWriteError(t *testing.T) {
	for name, brw := range map[string]func(net.Conn) *bufio.ReadWriter{
		"with the server's buffers": func(c net.Conn) *bufio.ReadWriter {
			return bufio.NewReadWriter(bufio.NewReader(c), bufio.NewWriter(c))
		},
		"without a writer": func(c net.Conn) *bufio.ReadWriter { return &bufio.ReadWriter{Reader: bufio.NewReader(c)} },
		"without buffers":  func(net.Conn) *bufio.ReadWriter { return nil },
	} {
		end, peer := net.Pipe()
		peer.Close()
		u := new(ws.Upgrader)
		_, _, err := u.Handle(connWriter{&responseWriter{}, end, brw(end)}, request())
		var refused *ws.HandshakeError
		if !errors.As(err, &refused) || refused.Status != 500 || !errors.Is(err, io.ErrClosedPipe) {
			t.Errorf("%s: Handle returned %v", name, err)
		}
		if _, err := end.Write(nil); err != io.ErrClosedPipe {
			t.Errorf("%s: the connection was left open: %v", name, err)
		}
		if err := end.SetDeadline(time.Time{}); err != io.ErrClosedPipe && err != os.ErrClosed {
			t.Errorf("%s: the connection was left open: %v", name, err)
		}
		expectNoSessions(t, u)
	}
}
