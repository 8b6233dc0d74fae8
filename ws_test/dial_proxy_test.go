package ws_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/handset-go/handset/ws"
)

var proxySchemes = []string{"http", "https", "socks5", "socks5h"}

// namedServer starts a server that echoes, and returns the URL of it by a name that only
// a proxy knows, and a Transport that trusts it. The certificate is for this name.
func namedServer(t *testing.T, over transport) (url string, trusting *http.Transport, addresses map[string]string) {
	t.Helper()
	srv := serve(t, over, echoHandler(&ws.Upgrader{Compression: ws.Balanced()}))
	host, port, _ := net.SplitHostPort(srv.Listener.Addr().String())
	return "ws" + strings.TrimPrefix(strings.TrimSuffix(srv.URL, srv.Listener.Addr().String()), "http") + "example.com:" + port + "/chat?token=secret",
		trustingTransport(t), map[string]string{"example.com": host}
}

// trustingTransport returns a Transport that trusts all servers of httptest.
func trustingTransport(t *testing.T) *http.Transport {
	srv := httptest.NewTLSServer(nil)
	defer srv.Close()
	return &http.Transport{TLSClientConfig: srv.Client().Transport.(*http.Transport).TLSClientConfig}
}

// dialSession returns a session of a Dialer, which ends with the test.
func dialSession(t *testing.T, d *ws.Dialer, url string) (*ws.Session, *ws.MessageStream) {
	t.Helper()
	session, stream, err := d.Dial(testContext(t), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = d.Close()
		await(t, session.Done(), "the session's end")
	})
	return session, stream
}

// expectConversation checks that a session to an echo works in all respects, and closes
// it.
func expectConversation(t *testing.T, session *ws.Session, stream *ws.MessageStream) {
	t.Helper()
	whole := stream.Aggregate(1 << 20)
	for i, n := range []int{1, 5, 300, 70_000, 1 << 20} {
		short, cancel := context.WithTimeout(context.Background(), time.Millisecond)
		if msg, err := whole.Recv(short); err != context.DeadlineExceeded {
			t.Fatalf("received %v, %v, although nothing was sent", msg, err)
		}
		cancel()
		want := numberedPayload(i, n)
		if err := session.Binary(testContext(t), want); err != nil {
			t.Fatal(err)
		}
		if msg, err := whole.Recv(testContext(t)); err != nil || string(msg.Data) != string(want) {
			t.Fatalf("len=%d: received %d bytes, %v", n, len(msg.Data), err)
		}
	}
	if err := session.Close(ws.CloseReason{Code: ws.CloseNormal}); err != nil {
		t.Error(err)
	}
	_ = errorOfAll(testContext(t), whole)
	await(t, session.Done(), "the session's end")
	if closed := (*ws.CloseError)(nil); !errors.As(session.Err(), &closed) || closed.Received.Code != ws.CloseNormal {
		t.Errorf("the session ended with %v", session.Err())
	}
}

// A session through a proxy, which resolves the name, is the same as one without. The
// proxy is asked for nothing but a connection, also for ws (RFC 6455 §4.1).
func TestDialProxy(t *testing.T) {
	for _, over := range []transport{{name: "ws"}, {name: "wss", tls: true}} {
		target, trusting, addresses := namedServer(t, over)
		for _, scheme := range proxySchemes {
			t.Run(over.name+" through "+scheme, func(t *testing.T) {
				p := newForwardProxy(t, scheme, addresses)
				tr := trusting.Clone()
				tr.Proxy = http.ProxyURL(p.url)
				tr.ProxyConnectHeader = http.Header{"X-Team": {"blue"}}
				d := &ws.Dialer{HTTPClient: &http.Client{Transport: tr}, Compression: ws.Balanced(), Header: http.Header{"X-Secret": {"secret"}}}
				session, stream := dialSession(t, d, target)
				expectConversation(t, session, stream)
				u, _ := url.Parse(target)
				if len(p.targets) != 1 || p.targets[0] != u.Host {
					t.Errorf("the proxy was asked for %q, want %q", p.targets, u.Host)
				}
				for _, r := range p.requests {
					if r.Method != http.MethodConnect || r.Header.Get("X-Team") != "blue" || r.Header.Get("X-Secret") != "" || r.Header.Get("Upgrade") != "" {
						t.Errorf("the proxy received %s %s %v", r.Method, r.RequestURI, r.Header)
					}
				}
			})
		}
	}
}

// Errors say that the proxy is at fault, and do not show passwords, queries or headers.
func TestDialProxyFails(t *testing.T) {
	target, trusting, addresses := namedServer(t, transport{})
	unused := unusedAddress(t)
	for _, tt := range []struct {
		name    string
		change  func(proxy *url.URL)
		target  string
		status  int    // of the HTTP proxies
		http    string // what the errors of HTTP proxies say
		socks   string
		network bool // a net.Error
	}{
		{"the wrong password", func(u *url.URL) { u.User = url.UserPassword(proxyUser, "secret") }, target, 407, "407 Proxy Authentication Required: proxy 127.0.0.1:", "username/password authentication failed", false},
		{"no password", func(u *url.URL) { u.User = nil }, target, 407, "407 Proxy Authentication Required: proxy 127.0.0.1:", "no acceptable authentication methods", false},
		{"no server", func(*url.URL) {}, "ws://" + unused + "/?token=secret", 502, "502 Bad Gateway: proxy 127.0.0.1:", "host unreachable", false},
		{"no proxy", func(u *url.URL) { u.Host = unused }, target, 0, "proxyconnect tcp: dial tcp 127.0.0.1:", "proxyconnect tcp: dial tcp 127.0.0.1:", true},
	} {
		for _, scheme := range proxySchemes {
			t.Run(tt.name+", "+scheme, func(t *testing.T) {
				p := newForwardProxy(t, scheme, addresses)
				u := *p.url
				tt.change(&u)
				tr := trusting.Clone()
				tr.Proxy = http.ProxyURL(&u)
				d := &ws.Dialer{HTTPClient: &http.Client{Transport: tr}, Header: http.Header{"Authorization": {"secret"}}}
				_, _, err := d.Dial(testContext(t), tt.target)
				says, isHTTP := tt.socks, strings.HasPrefix(scheme, "http")
				if isHTTP {
					says = tt.http
				}
				if err == nil || !strings.HasPrefix(err.Error(), "ws: ") || !strings.Contains(err.Error(), says) {
					t.Fatalf("Dial returned %v, which does not say %q", err, says)
				}
				for _, secret := range []string{"secret", proxyUser, "geheim", url.QueryEscape(proxyPassword)} {
					if strings.Contains(err.Error(), secret) {
						t.Errorf("Dial returned %v, which says %q", err, secret)
					}
				}
				var refusal *ws.HandshakeError
				if errors.As(err, &refusal) != (isHTTP && tt.status != 0) || refusal != nil && (refusal.Status != tt.status || refusal.Body != nil) {
					t.Errorf("Dial returned %#v", err)
				}
				if retryable := tt.status == 502 || tt.network; isHTTP && ws.Retryable(err) != retryable {
					t.Errorf("%v is retryable: %v", err, !retryable)
				}
				if network := net.Error(nil); tt.network && !errors.As(err, &network) {
					t.Errorf("Dial returned %v, which is not a net.Error", err)
				}
			})
		}
	}
}

// The zero Dialer uses the proxies of the environment, which are read once.
func TestDialProxyOfEnvironment(t *testing.T) {
	if childInput("DialProxyOfEnvironment") == "" {
		if output, err := startChild(t, "DialProxyOfEnvironment", "run")(); err != nil {
			t.Errorf("%v\n%s", err, output)
		}
		return
	}
	plain, trusting, addresses := namedServer(t, transport{})
	secure, _, _ := namedServer(t, transport{tls: true})
	forPlain, forSecure := newForwardProxy(t, "http", addresses), newForwardProxy(t, "socks5", addresses)
	for _, name := range []string{"NO_PROXY", "no_proxy", "http_proxy", "https_proxy", "REQUEST_METHOD"} {
		_ = os.Unsetenv(name)
	}
	t.Setenv("HTTP_PROXY", forPlain.url.String())
	t.Setenv("HTTPS_PROXY", forSecure.url.String())
	t.Setenv("NO_PROXY", "other.example")
	session, stream := dialSession(t, new(ws.Dialer), plain)
	expectConversation(t, session, stream)
	trusting.Proxy = http.ProxyFromEnvironment
	session, stream = dialSession(t, &ws.Dialer{HTTPClient: &http.Client{Transport: trusting}}, secure)
	expectConversation(t, session, stream)
	if len(forPlain.targets) != 1 || len(forSecure.targets) != 1 {
		t.Errorf("the proxies were asked for %q and %q", forPlain.targets, forSecure.targets)
	}
	srv := serveEcho(t, transports[0]) // of a loopback address, for which there is no proxy
	session, stream = dialSession(t, new(ws.Dialer), "ws"+strings.TrimPrefix(srv.URL, "http"))
	expectConversation(t, session, stream)
	if len(forPlain.targets) != 1 {
		t.Errorf("the proxy was asked for %q", forPlain.targets)
	}
}

// A proxy that ends ends the session, which has the error of a lost connection.
func TestDialProxyGone(t *testing.T) {
	target, trusting, addresses := namedServer(t, transport{})
	for _, scheme := range proxySchemes {
		t.Run(scheme, func(t *testing.T) {
			p := newForwardProxy(t, scheme, addresses)
			conns := make(chan net.Conn, 1)
			tr := trusting.Clone()
			tr.Proxy = http.ProxyURL(p.url)
			tr.DialContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
				conn, err := new(net.Dialer).DialContext(ctx, network, addr)
				conns <- conn
				return conn, err
			}
			session, stream := dialSession(t, &ws.Dialer{HTTPClient: &http.Client{Transport: tr}}, target)
			if err := (<-conns).(*net.TCPConn).CloseRead(); err != nil { // the proxy's end, as this end sees it
				t.Fatal(err)
			}
			if _, err := stream.Recv(testContext(t)); !errors.Is(err, io.ErrUnexpectedEOF) {
				t.Errorf("received %v", err)
			}
			await(t, session.Done(), "the session's end")
		})
	}
}
