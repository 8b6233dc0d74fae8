package handshake

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// tunnel is an HTTP proxy for CONNECT that asks for a password.
func tunnel(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodConnect || r.Header.Get("Proxy-Authorization") != "Basic dXNlcjpwYXNz" {
		w.WriteHeader(http.StatusProxyAuthRequired)
		return
	}
	server, err := net.Dial("tcp", r.Host)
	if err != nil {
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	conn, brw, _ := http.NewResponseController(w).Hijack()
	_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\n\r\n")
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, _ = io.Copy(server, brw)
		_ = server.Close()
	}()
	_, _ = io.Copy(conn, server)
	_ = conn.Close()
	<-done
}

// proxyOf starts an HTTP proxy, over TLS or not, and returns its URL, with a password,
// and a Transport that trusts it and the server that client trusts.
func proxyOf(t *testing.T, over string, h http.HandlerFunc, client *http.Client) (*url.URL, *http.Transport) {
	start := httptest.NewServer
	if over == "https" {
		start = httptest.NewTLSServer
	}
	proxy := start(h)
	t.Cleanup(proxy.Close)
	u, err := url.Parse(proxy.URL)
	if err != nil {
		t.Fatal(err)
	}
	u.User = url.UserPassword("user", "pass")
	transport := client.Transport.(*http.Transport).Clone() // the certificates of all httptest.Servers are the same
	transport.Proxy = http.ProxyURL(u)
	return u, transport
}

func TestDialThroughProxy(t *testing.T) {
	early := echoing(func(r *http.Request) string { return answer(r) + "early" })
	wss, client := serveTLS(t, early)
	for target, u := range map[string]string{"ws": serve(t, early), "wss": wss} {
		for _, proxy := range []string{"http", "https"} {
			t.Run(target+" through "+proxy, func(t *testing.T) {
				_, transport := proxyOf(t, proxy, tunnel, client)
				d := mustDial(t, u, DialOptions{HTTPClient: &http.Client{Transport: transport}})
				if _, ok := d.Conn.(*net.TCPConn); ok != (target == "ws" && proxy == "http") {
					t.Errorf("Dial returned a %T", d.Conn)
				}
				if _, ok := d.Conn.(*tls.Conn); ok != (target == "wss" || proxy == "https") {
					t.Errorf("Dial returned a %T", d.Conn)
				}
				converse(t, d, "early")
			})
		}
	}
}

// refuse is a proxy that answers with a status.
func refuse(status int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Proxy-Authenticate", "Basic realm=x")
		w.WriteHeader(status)
	}
}

// raw is a proxy that answers with a text, and closes.
func raw(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		conn, _, _ := http.NewResponseController(w).Hijack()
		_, _ = io.WriteString(conn, text)
		_ = conn.Close()
	}
}

// A refusal of a proxy is one of the handshake, with the proxy's status. Other errors
// say that they are those of the proxy. None shows the password.
func TestDialThroughProxyFails(t *testing.T) {
	wss, client := serveTLS(t, echoing(correct))
	gone := errors.New("not today")
	short := func(_ *url.URL, t *http.Transport) { t.MaxResponseHeaderBytes = 1 << 14 }
	for name, tt := range map[string]struct {
		proxy  http.HandlerFunc
		change func(proxy *url.URL, t *http.Transport)
		status int
		says   string
		is     error
	}{
		"the wrong password":    {tunnel, func(u *url.URL, _ *http.Transport) { u.User = url.UserPassword("user", "secret") }, 407, "refuses CONNECT", nil},
		"no password":           {tunnel, func(u *url.URL, _ *http.Transport) { u.User = nil }, 407, "refuses CONNECT", nil},
		"forbidden":             {refuse(403), nil, 403, "refuses CONNECT", nil},
		"no such server":        {refuse(502), nil, 502, "refuses CONNECT", nil},
		"a redirect":            {refuse(302), nil, 302, "refuses CONNECT", nil},
		"another protocol":      {raw("HTTP/1.1 101 Switching Protocols\r\n\r\n"), nil, 101, "refuses CONNECT", nil},
		"nothing":               {raw(""), nil, 0, "proxyconnect tcp: unexpected EOF", io.ErrUnexpectedEOF},
		"not HTTP":              {raw("SSH-2.0-OpenSSH\r\n"), nil, 0, "proxyconnect tcp: malformed HTTP", nil},
		"an endless header":     {raw("HTTP/1.1 200 OK\r\n" + strings.Repeat("A: 1\r\n", 1<<14)), short, 0, "proxyconnect tcp: response header is too long", nil},
		"an endless line":       {raw(strings.Repeat("HTTP", 1<<15)), short, 0, "proxyconnect tcp: response header is too long", nil},
		"a header over a limit": {raw("HTTP/1.1 200 OK\r\nA: 1234567890\r\n\r\n"), func(_ *url.URL, t *http.Transport) { t.MaxResponseHeaderBytes = 20 }, 0, "too long", nil},
		"a closed port":         {tunnel, func(u *url.URL, _ *http.Transport) { u.Host = closedPort(t) }, 0, "proxyconnect tcp: dial tcp", nil},
		"not TLS":               {tunnel, func(u *url.URL, _ *http.Transport) { u.Scheme = "https" }, 0, "proxyconnect tcp: tls: first record does not look like", nil},
		"an error of the response": {tunnel, func(_ *url.URL, t *http.Transport) {
			t.OnProxyConnectResponse = func(_ context.Context, _ *url.URL, req *http.Request, resp *http.Response) error {
				if req.Method != http.MethodConnect || resp.StatusCode != 200 {
					return errors.New("called with others")
				}
				return gone
			}
		}, 0, "not today", gone},
		"an error of the header": {tunnel, func(_ *url.URL, t *http.Transport) {
			t.GetProxyConnectHeader = func(context.Context, *url.URL, string) (http.Header, error) { return nil, gone }
		}, 0, "not today", gone},
		"no connection": {tunnel, func(_ *url.URL, t *http.Transport) {
			t.DialContext = func(context.Context, string, string) (net.Conn, error) { return nil, nil }
		}, 0, "nil, nil", nil},
	} {
		for target, u := range map[string]string{"ws": serve(t, echoing(correct)), "wss": wss} {
			t.Run(name+", "+target, func(t *testing.T) {
				proxy, transport := proxyOf(t, "http", tt.proxy, client)
				if tt.change != nil {
					tt.change(proxy, transport)
				}
				_, err := dial(t, u, DialOptions{HTTPClient: &http.Client{Transport: transport}})
				if err == nil || !strings.Contains(err.Error(), tt.says) || len(err.Error()) > 200 || strings.Contains(err.Error(), "secret") || strings.Contains(err.Error(), "pass") {
					t.Fatalf("Dial returned %v, which does not say %q", err, tt.says)
				}
				var refusal *Refusal
				if errors.As(err, &refusal) != (tt.status != 0) || refusal != nil && refusal.Status != tt.status || tt.is != nil && !errors.Is(err, tt.is) {
					t.Errorf("Dial returned %v", err)
				}
				if tt.status == 403 && refusal.Header.Get("Proxy-Authenticate") == "" {
					t.Errorf("Dial returned the header %v", refusal.Header)
				}
			})
		}
	}
}

// closedPort is the address of a port on which nothing listens.
func closedPort(t *testing.T) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}

// The CONNECT request has the headers that the Transport says, and the one to the
// server does not.
func TestDialConnectHeader(t *testing.T) {
	for name, change := range map[string]func(*http.Transport){
		"ProxyConnectHeader": func(t *http.Transport) { t.ProxyConnectHeader = http.Header{"X-Token": {"1", "2"}} },
		"GetProxyConnectHeader": func(t *http.Transport) {
			t.ProxyConnectHeader = http.Header{"X-Token": {"ignored"}}
			t.GetProxyConnectHeader = func(_ context.Context, proxy *url.URL, target string) (http.Header, error) {
				if proxy.User == nil {
					return nil, errors.New("another URL")
				}
				return http.Header{"X-Token": {"1", "2"}, "X-Target": {target}}, nil
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			toServer, toProxy := make(chan *http.Request, 1), make(chan *http.Request, 1)
			target := serve(t, echoing(func(r *http.Request) string { toServer <- r; return correct(r) }))
			proxy, transport := proxyOf(t, "http", func(w http.ResponseWriter, r *http.Request) {
				toProxy <- r
				tunnel(w, r)
			}, &http.Client{Transport: new(http.Transport)})
			change(transport)
			before := transport.ProxyConnectHeader.Clone()
			mustDial(t, target+"/path?secret", DialOptions{HTTPClient: &http.Client{Transport: transport}})
			addr := strings.TrimPrefix(target, "ws://")
			r := <-toProxy
			if r.Method != http.MethodConnect || r.RequestURI != addr || r.Host != addr || strings.Join(r.Header["X-Token"], "|") != "1|2" || r.Header.Get("Proxy-Authorization") == "" {
				t.Errorf("the proxy received %+v", r)
			}
			if got := r.Header.Get("X-Target"); got != "" && got != addr {
				t.Errorf("the target is %q", got)
			}
			if r := <-toServer; r.RequestURI != "/path?secret" || r.Host != addr || r.Header.Get("X-Token") != "" || r.Header.Get("Proxy-Authorization") != "" {
				t.Errorf("the server received %+v", r)
			}
			if len(transport.ProxyConnectHeader) != len(before) || proxy.User == nil {
				t.Errorf("ProxyConnectHeader is %v", transport.ProxyConnectHeader)
			}
		})
	}
}

// Connections to the proxy are made as the Transport says, those to the server by
// the proxy alone.
func TestDialConnectsToProxy(t *testing.T) {
	target, client := serveTLS(t, echoing(correct))
	plain := func(network, addr string) (net.Conn, error) { return net.Dial(network, addr) }
	secure := func(network, addr string) (net.Conn, error) {
		return tls.Dial(network, addr, &tls.Config{InsecureSkipVerify: true})
	}
	for name, tt := range map[string]struct {
		proxy string
		set   func(t *http.Transport, called func())
	}{
		"DialContext": {"http", func(t *http.Transport, called func()) {
			t.DialContext = func(_ context.Context, network, addr string) (net.Conn, error) { called(); return plain(network, addr) }
		}},
		"Dial": {"http", func(t *http.Transport, called func()) {
			//lint:ignore SA1019 net/http calls it
			t.Dial = func(network, addr string) (net.Conn, error) { called(); return plain(network, addr) }
		}},
		"DialContext, with TLS": {"https", func(t *http.Transport, called func()) {
			t.DialContext = func(_ context.Context, network, addr string) (net.Conn, error) { called(); return plain(network, addr) }
		}},
		"DialTLSContext": {"https", func(t *http.Transport, called func()) {
			t.DialTLSContext = func(_ context.Context, network, addr string) (net.Conn, error) {
				called()
				return secure(network, addr)
			}
		}},
		"DialTLS": {"https", func(t *http.Transport, called func()) {
			//lint:ignore SA1019 net/http calls it
			t.DialTLS = func(network, addr string) (net.Conn, error) { called(); return secure(network, addr) }
		}},
	} {
		t.Run(name, func(t *testing.T) {
			_, transport := proxyOf(t, tt.proxy, tunnel, client)
			transport.DialContext = nil // of httptest
			calls := 0
			tt.set(transport, func() { calls++ })
			converse(t, mustDial(t, target, DialOptions{HTTPClient: &http.Client{Transport: transport}}), "")
			if calls != 1 {
				t.Errorf("called %d times", calls)
			}
		})
	}
}

// What the server has sent before it has received anything may come with the
// proxy's response, and is not lost.
func TestConnectLeavesBytesBehindResponse(t *testing.T) {
	client, proxy := net.Pipe()
	defer func() { _ = client.Close() }()
	go func() {
		_, _ = http.ReadRequest(bufio.NewReader(proxy))
		_, _ = io.WriteString(proxy, "HTTP/1.1 204 x\r\nA: 1\r\n 2\r\nContent-Length: 3\r\n\r\nearly")
		_ = proxy.Close()
	}()
	p := &httpProxy{&url.URL{Host: "proxy.example"}, &http.Transport{DialContext: func(_ context.Context, _, addr string) (net.Conn, error) {
		if addr != "proxy.example:80" {
			t.Errorf("connects to %s", addr)
		}
		return client, nil
	}}, new(DialOptions).closeWhen}
	conn, err := p.dial(t.Context(), "tcp", "server.example:80")
	if err != nil || conn != client {
		t.Fatalf("dial returned %T, %v", conn, err)
	}
	if got, _ := io.ReadAll(conn); string(got) != "early" {
		t.Errorf("received %q", got)
	}
}

// answered is a connection to a proxy that has answered already.
type answered struct {
	net.Conn
	io.Reader
}

func (c answered) Read(p []byte) (int, error)  { return c.Reader.Read(p) }
func (c answered) Write(p []byte) (int, error) { return len(p), nil }

// FuzzConnect has a proxy answer CONNECT with any bytes. The connection is one to the
// server if and only if net/http reads a success in them, and what follows is the server's.
func FuzzConnect(f *testing.F) {
	for _, text := range []string{
		"HTTP/1.1 200 OK\r\n\r\n\x81\x02hi", "HTTP/1.0 200\r\nContent-Length: 5\r\n\r\nhello", "HTTP/1.1 299 Fine\nA: b\n\nrest",
		"HTTP/1.1 407 No\r\nProxy-Authenticate: Basic\r\n\r\n", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", "HTTP/1.1 2000 OK\r\n\r\n", "HTTP/1.1 200 OK\r\nA", "",
	} {
		f.Add([]byte(text), uint16(0))
		f.Add([]byte(text), uint16(20))
	}
	f.Fuzz(func(t *testing.T, text []byte, most uint16) {
		p := &httpProxy{url: &url.URL{Host: "proxy.example"}, transport: &http.Transport{MaxResponseHeaderBytes: int64(most)}}
		limit := maxHeader(p.transport)
		conn := answered{Reader: bytes.NewReader(text)}
		err := p.connect(context.Background(), conn, "server.example:443")

		br := bufio.NewReader(bytes.NewReader(text[:min(int64(len(text)), limit)]))
		resp, bad := http.ReadResponse(br, &http.Request{Method: http.MethodConnect})
		if success := bad == nil && resp.StatusCode/100 == 2; (err == nil) != success {
			t.Fatalf("%.100q: %v; net/http reads %v, %v", text, err, resp, bad)
		}
		var refused *Refusal
		if bad == nil && err != nil && (!errors.As(err, &refused) || refused.Status != resp.StatusCode) {
			t.Fatalf("%.100q: %v, want status %d", text, err, resp.StatusCode)
		}
		if err != nil {
			return
		}
		rest, _ := io.ReadAll(conn)
		want, _ := io.ReadAll(br)
		if want = append(want, text[min(int64(len(text)), limit):]...); !bytes.Equal(rest, want) {
			t.Fatalf("%.100q: %q is left for the server, want %q", text, rest, want)
		}
	})
}
