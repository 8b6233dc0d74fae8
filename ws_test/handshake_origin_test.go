package ws_test

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/handset-go/handset/ws"
)

func TestOriginPolicy(t *testing.T) {
	anyone := []string{"*"}
	for _, tt := range []struct {
		host, origin string
		tls          bool
		patterns     []string
		accepted     bool
	}{
		// No browser: RFC 6455 §10.2.
		{host: "a.example", origin: "", accepted: true},
		{host: "a.example", origin: "", tls: true, accepted: true},
		{host: "", origin: "", accepted: true},

		// The server's own host.
		{host: "a.example", origin: "http://a.example", accepted: true},
		{host: "a.example", origin: "https://a.example", accepted: true}, // TLS may end at a proxy
		{host: "a.example", origin: "https://a.example", tls: true, accepted: true},
		{host: "A.Example", origin: "https://a.exAMPLE", accepted: true},
		{host: "a.example:8080", origin: "http://a.example:8080", accepted: true},
		{host: "[::1]:8080", origin: "http://[::1]:8080", accepted: true},

		// Plain http for a server with TLS.
		{host: "a.example", origin: "http://a.example", tls: true},
		{host: "a.example", origin: "HTTP://A.EXAMPLE", tls: true},
		{host: "a.example", origin: "http://a.example", tls: true, patterns: []string{"http://a.example"}, accepted: true},
		{host: "a.example", origin: "http://a.example", tls: true, patterns: []string{"https://a.example"}},
		{host: "a.example", origin: "http://a.example", tls: true, patterns: []string{"b.example"}},
		{host: "a.example", origin: "http://b.example", tls: true, patterns: []string{"https://b.example"}},
		{host: "a.example", origin: "http://b.example", tls: true, patterns: []string{"http://*.example"}, accepted: true},

		// A foreign origin.
		{host: "a.example", origin: "http://b.example"},
		{host: "a.example", origin: "http://a.example.evil"},
		{host: "a.example", origin: "http://evila.example"},
		{host: "a.example", origin: "http://sub.a.example"},
		{host: "a.example", origin: "http://a.example:8080"},
		{host: "a.example:8080", origin: "http://a.example"},
		{host: "a.example", origin: "http://evil.example/a.example"},
		{host: "a.example", origin: "http://evil.example#a.example"},
		{host: "a.example", origin: "http://a.example@evil.example"},
		{host: "a.example", origin: "http://%zz"},
		{host: "a.example", origin: "a.example"},

		// No host at all: a sandboxed frame, a file.
		{host: "a.example", origin: "null"},
		{host: "a.example", origin: "file://"},
		{host: "", origin: "null"},
		{host: "", origin: "file://"},
		{host: "", origin: "http://b.example"},

		// Patterns.
		{host: "a.example", origin: "https://b.example", patterns: []string{"b.example"}, accepted: true},
		{host: "a.example", origin: "https://B.example", patterns: []string{"b.EXAMPLE"}, accepted: true},
		{host: "a.example", origin: "https://x.b.example", patterns: []string{"c.example", "*.b.example"}, accepted: true},
		{host: "a.example", origin: "https://b.example", patterns: []string{"*.b.example"}},
		{host: "a.example", origin: "https://b.example:444", patterns: []string{"b.example"}},
		{host: "a.example", origin: "https://b.example:444", patterns: []string{"b.example:*"}, accepted: true},
		{host: "a.example", origin: "https://b.example", patterns: []string{"https://b.example"}, accepted: true},
		{host: "a.example", origin: "http://b.example", patterns: []string{"https://b.example"}},
		{host: "a.example", origin: "https://b.example", patterns: anyone, accepted: true},
	} {
		t.Run(fmt.Sprintf("host=%s,origin=%s,tls=%t,patterns=%v", tt.host, tt.origin, tt.tls, tt.patterns), func(t *testing.T) {
			u := &ws.Upgrader{OriginPatterns: tt.patterns}
			newRequest := func() *http.Request {
				r := request("Origin", tt.origin)
				if r.Host = tt.host; tt.tls {
					r.TLS = new(tls.ConnectionState)
				}
				return r
			}
			if tt.accepted {
				handshakeInSynctest(t, u, newRequest(), func(*responseWriter) {})
				return
			}
			w := httptest.NewRecorder()
			expectRefused(t, u, mustNotHijack{w}, newRequest(), 403)
			if w.Code != 403 {
				t.Errorf("answered with %d", w.Code)
			}
			u.AllowAnyOrigin = true
			handshakeInSynctest(t, u, newRequest(), func(*responseWriter) {})
		})
	}
}

// A second Origin header is not hidden by the first.
func TestOriginSecondHeaderIsChecked(t *testing.T) {
	r := withHeader(request("Origin", "http://example.com"), "Origin", "https://evil.example")
	expectRefused(t, new(ws.Upgrader), mustNotHijack{httptest.NewRecorder()}, r, 403)
}

func TestOriginOverServer(t *testing.T) {
	for _, over := range transports {
		t.Run(over.name, func(t *testing.T) {
			srv := serveEcho(t, over)
			scheme := map[bool]string{false: "http://", true: "https://"}[over.tls]
			c, answer := handshakeWith(t, srv, request("Origin", scheme+"example.com"))
			if answer.StatusCode != 101 {
				t.Fatalf("its own page was answered with %s", answer.Status)
			}
			expectEcho(t, c)
			for _, origin := range []string{"https://evil.example", "null"} {
				if _, answer := handshakeWith(t, srv, request("Origin", origin)); answer.StatusCode != 403 {
					t.Fatalf("%s was answered with %s", origin, answer.Status)
				}
			}
			if over.tls {
				if _, answer := handshakeWith(t, srv, request("Origin", "http://example.com")); answer.StatusCode != 403 {
					t.Fatalf("its own page over plain http was answered with %s", answer.Status)
				}
			}
			expectEmptyHost(t, srv)
		})
	}
}

// expectEmptyHost sends an empty Host, which net/http accepts, and which
// must not be taken for the host that an origin of null does not have.
func expectEmptyHost(t *testing.T, srv *httptest.Server) {
	t.Helper()
	conn, err := net.Dial("tcp", srv.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	if srv.TLS != nil {
		conn = tlsClient(srv, conn)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(testTimeout))
	var head bytes.Buffer
	head.WriteString("GET / HTTP/1.1\r\nHost:\r\n")
	_ = request("Origin", "null").Header.Write(&head)
	head.WriteString("\r\n")
	if _, err := conn.Write(head.Bytes()); err != nil {
		t.Fatal(err)
	}
	answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil || answer.StatusCode != 403 {
		t.Fatalf("an empty Host with a null origin was answered with %v, %v", answer, err)
	}
}
