package ws_test

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/handset-go/handset/ws"
)

// serveRequests runs a server for requestRows.
func serveRequests(t *testing.T, over transport) *httptest.Server {
	u := &ws.Upgrader{Subprotocols: []string{"chat", "superchat"}, Compression: ws.Frugal()}
	return serve(t, over, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if session, stream, err := u.Handle(w, r); err == nil {
			wireEcho("All")(session, stream)
		}
	}))
}

// exchange sends the request, with a Close frame behind it, and checks all that the
// server sends before it closes the connection.
func (r requestRow) exchange(t *testing.T, srv *httptest.Server) {
	t.Helper()
	conn, request := dialServer(t, srv), r.bytes()
	if srv.TLS != nil {
		request = strings.Replace(request, "Origin: http:", "Origin: https:", 1)
	}
	if _, err := io.WriteString(conn, request+string(closeFrame(1000))); err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(conn)
	if err != nil && !isReset(err) {
		t.Fatalf("the server sent %q, %v", got, err)
	}
	if r.status != http.StatusSwitchingProtocols {
		r.expectRefusal(t, got)
		return
	}
	want := "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
		"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n" + r.says + "\r\n\x88\x02\x03\xe8"
	if string(got) != want {
		t.Errorf("the server sent\n%q, want\n%q", got, want)
	}
}

// expectRefusal checks a response that refuses the request.
func (r requestRow) expectRefusal(t *testing.T, got []byte) {
	t.Helper()
	br := bufio.NewReader(bytes.NewReader(got))
	resp, err := http.ReadResponse(br, nil)
	if err != nil {
		t.Fatalf("the server sent %q: %v", got, err)
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != r.status || !strings.Contains(string(body), r.says) || br.Buffered() > 0 || !resp.Close {
		t.Errorf("the server sent %q, want status %d and %q", got, r.status, r.says)
	}
	if r.says == "" {
		return // of net/http
	}
	want := []string{"Connection: close", "Content-Type: text/plain; charset=utf-8", "X-Content-Type-Options: nosniff"}
	switch r.status {
	case http.StatusUpgradeRequired:
		want = append(want, "Connection: Upgrade", "Sec-WebSocket-Version: 13", "Upgrade: websocket")
	case http.StatusMethodNotAllowed:
		want = append(want, "Allow: GET")
	}
	head, _, _ := bytes.Cut(got, []byte("\r\n\r\n"))
	lines := slices.DeleteFunc(strings.Split(string(head), "\r\n")[1:], func(line string) bool {
		return strings.HasPrefix(line, "Date: ") || strings.HasPrefix(line, "Content-Length: ")
	})
	slices.Sort(want)
	slices.Sort(lines)
	if !slices.Equal(lines, want) {
		t.Errorf("the server sent the headers %q, want %q", lines, want)
	}
}

// exchange has a client dial a peer that answers with the row's response and a Close
// frame behind it, and checks what Dial returns and all that the client sends.
func (r responseRow) exchange(t *testing.T, over transport) {
	t.Helper()
	l := listen(t)
	if over.wrap {
		l = wrappingListener{l}
	}
	end, peer := bothEnds(t, l)
	_ = peer.SetDeadline(time.Now().Add(testTimeout))
	if over.tls {
		peer = tls.Server(peer, &tls.Config{Certificates: certificate().own})
	}
	sent := make(chan string, 1) // behind the request
	go func() {
		br := bufio.NewReader(peer)
		if request, err := http.ReadRequest(br); err == nil {
			_, _ = io.WriteString(peer, r.bytes(request)+"\x88\x02\x03\xe8")
		}
		var frames string
		for { // to the end, or to the client's Close frame, after which the server ends TCP
			f, _, err := readWireFrame(br)
			if err != nil {
				break
			}
			frames += f.payload
			_ = peer.Close()
		}
		_ = peer.Close()
		sent <- frames
	}()
	d := newDialer(t, &ws.Upgrader{Compression: r.compression})
	d.Subprotocols = []string{"chat", "superchat"}
	session, stream, err := dialOn(t, d, end, over.tls)
	if r.says == "" {
		if err != nil {
			t.Fatal(err)
		}
		_ = stream.Discard()
		await(t, session.Done(), "the session's end")
	}
	r.expect(t, session, err, await(t, sent, "the end of the connection"))
}

// expect checks what Dial has returned, and what the client has sent behind its request.
func (r responseRow) expect(t *testing.T, session *ws.Session, err error, sent string) {
	t.Helper()
	if r.says == "" {
		if got := session.Subprotocol(); got != r.subprotocol || sent != "\x03\xe8" {
			t.Errorf("the subprotocol is %q, want %q; the client sent %q", got, r.subprotocol, sent)
		}
		return
	}
	var refused *ws.HandshakeError
	if !errors.As(err, &refused) || !strings.Contains(err.Error(), r.says) || sent != "" {
		t.Errorf("Dial returned %v, want a HandshakeError that says %q; the client sent %q", err, r.says, sent)
	}
}
