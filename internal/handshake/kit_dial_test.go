package handshake

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// answer returns a correct 101 to a request, changed by pairs of a header's name and
// its lines, which are separated by "|", "-" for none.
func answer(r *http.Request, headers ...string) string {
	accept, _, err := verify(r)
	if err != nil {
		panic(err)
	}
	h := map[string]string{"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Accept": accept}
	for i := 0; i < len(headers); i += 2 {
		h[headers[i]] = headers[i+1]
	}
	var b strings.Builder
	b.WriteString("HTTP/1.1 101 Switching Protocols\r\n")
	for name, lines := range h {
		for line := range strings.SplitSeq(lines, "|") {
			if line != "-" {
				b.WriteString(name + ": " + line + "\r\n")
			}
		}
	}
	b.WriteString("\r\n")
	return b.String()
}

// echoing answers a handshake with what text returns, in one write, and sends back
// what it receives then.
func echoing(text func(r *http.Request) string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn, brw, err := http.NewResponseController(w).Hijack()
		if err != nil {
			panic(err)
		}
		defer func() { _ = conn.Close() }()
		_, _ = io.WriteString(conn, text(r))
		_, _ = io.Copy(conn, brw)
	})
}

// correct is the text of echoing with nothing wrong.
func correct(r *http.Request) string { return answer(r) }

// serve starts a server, and returns the ws URL of it.
func serve(t testing.TB, h http.Handler) (url string) {
	t.Helper()
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	return "ws" + strings.TrimPrefix(srv.URL, "http")
}

// serveTLS starts a server with TLS, and returns the wss URL of it and a client that
// trusts it.
func serveTLS(t testing.TB, h http.Handler) (url string, client *http.Client) {
	t.Helper()
	srv := httptest.NewTLSServer(h)
	t.Cleanup(srv.Close)
	return "wss" + strings.TrimPrefix(srv.URL, "https"), srv.Client()
}

// dial dials, and closes the connection at the end of the test.
func dial(t testing.TB, url string, o DialOptions) (Dialed, error) {
	t.Helper()
	d, err := Dial(t.Context(), url, o)
	if err == nil {
		t.Cleanup(func() { _ = d.Conn.Close() })
	} else if d.Conn != nil || d.Early != nil || d.Subprotocol != "" {
		t.Errorf("Dial returned %+v and %v", d, err)
	}
	return d, err
}

// mustDial dials, and fails the test for an error.
func mustDial(t testing.TB, url string, o DialOptions) Dialed {
	t.Helper()
	d, err := dial(t, url, o)
	if err != nil {
		t.Fatalf("Dial returned %v", err)
	}
	return d
}

// converse checks that the server's first bytes are early, and that it echoes.
func converse(t testing.TB, d Dialed, early string) {
	t.Helper()
	const text = "hello"
	if _, err := io.WriteString(d.Conn, text); err != nil {
		t.Fatal(err)
	}
	got := make([]byte, len(early)+len(text)-len(d.Early))
	if _, err := io.ReadFull(d.Conn, got); err != nil {
		t.Fatalf("read %q behind %q: %v", got, d.Early, err)
	}
	if all := string(d.Early) + string(got); all != early+text {
		t.Errorf("received %.100q, want %.100q", all, early+text)
	}
}
