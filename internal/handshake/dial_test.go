package handshake

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestDialReturnsTheConnection(t *testing.T) {
	t.Run("TCP", func(t *testing.T) {
		d := mustDial(t, serve(t, echoing(correct)), DialOptions{})
		if _, ok := d.Conn.(*net.TCPConn); !ok || d.Early != nil || d.Subprotocol != "" {
			t.Errorf("Dial returned %T, %q, %q", d.Conn, d.Early, d.Subprotocol)
		}
		converse(t, d, "")
	})
	t.Run("TLS", func(t *testing.T) {
		u, client := serveTLS(t, echoing(correct))
		d := mustDial(t, u, DialOptions{HTTPClient: client})
		if _, ok := d.Conn.(*tls.Conn); !ok {
			t.Errorf("Dial returned a %T", d.Conn)
		}
		converse(t, d, "")
	})
	t.Run("TLS, beside HTTP/2", func(t *testing.T) {
		srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if IsUpgrade(r) {
				echoing(correct).ServeHTTP(w, r)
				return
			}
			_, _ = io.WriteString(w, r.Proto)
		}))
		srv.EnableHTTP2 = true
		srv.StartTLS()
		t.Cleanup(srv.Close)
		resp, err := srv.Client().Get(srv.URL)
		if err != nil {
			t.Fatal(err)
		}
		if _ = resp.Body.Close(); resp.ProtoMajor != 2 {
			t.Fatalf("answered over %s", resp.Proto)
		}
		converse(t, mustDial(t, srv.URL, DialOptions{HTTPClient: srv.Client()}), "")
	})
	t.Run("http and https URLs", func(t *testing.T) {
		u, client := serveTLS(t, echoing(correct))
		converse(t, mustDial(t, "https"+strings.TrimPrefix(u, "wss"), DialOptions{HTTPClient: client}), "")
		converse(t, mustDial(t, "http"+strings.TrimPrefix(serve(t, echoing(correct)), "ws"), DialOptions{}), "")
	})
	t.Run("a Unix socket", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "s")
		listener, err := net.Listen("unix", path)
		if err != nil {
			t.Skip(err)
		}
		srv := httptest.NewUnstartedServer(echoing(correct))
		_ = srv.Listener.Close()
		srv.Listener = listener
		srv.Start()
		t.Cleanup(srv.Close)
		d := mustDial(t, "ws://any.example/", DialOptions{HTTPClient: &http.Client{Transport: &http.Transport{
			DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
				return new(net.Dialer).DialContext(ctx, "unix", path)
			},
		}}})
		if _, ok := d.Conn.(*net.UnixConn); !ok {
			t.Errorf("Dial returned a %T", d.Conn)
		}
		converse(t, d, "")
	})
}

// What the server sends together with its 101 is not lost, wherever it is buffered.
func TestDialKeepsEarlyBytes(t *testing.T) {
	for name, early := range map[string]string{
		"a frame":                           "\x81\x05early",
		"more than the transport's buffer":  strings.Repeat("0123456789", 1000),
		"more than the record of a TLSConn": strings.Repeat("0123456789", 10_000),
	} {
		handler := echoing(func(r *http.Request) string { return answer(r) + early })
		check := func(t *testing.T, url string, client *http.Client) {
			d := mustDial(t, url, DialOptions{HTTPClient: client})
			if len(d.Early) == 0 {
				t.Error("Early is empty, although the server has sent it in one write")
			}
			converse(t, d, early)
		}
		t.Run(name, func(t *testing.T) { check(t, serve(t, handler), nil) })
		t.Run(name+", over TLS", func(t *testing.T) {
			url, client := serveTLS(t, handler)
			check(t, url, client)
		})
		t.Run(name+", with a large buffer", func(t *testing.T) {
			check(t, serve(t, handler), &http.Client{Transport: &http.Transport{ReadBufferSize: 1 << 18}})
		})
	}
}

// A server may close behind its 101.
func TestDialKeepsEarlyBytesBeforeEOF(t *testing.T) {
	closing := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn, _, _ := http.NewResponseController(w).Hijack()
		_, _ = io.WriteString(conn, answer(r)+"early")
		_ = conn.Close()
	})
	check := func(t *testing.T, url string, client *http.Client) {
		d := mustDial(t, url, DialOptions{HTTPClient: client})
		rest, err := io.ReadAll(d.Conn)
		if got := string(d.Early) + string(rest); got != "early" || err != nil {
			t.Errorf("received %q, %v", got, err)
		}
	}
	t.Run("TCP", func(t *testing.T) { check(t, serve(t, closing), nil) })
	t.Run("TLS", func(t *testing.T) {
		url, client := serveTLS(t, closing)
		check(t, url, client)
	})
}

// The request has what the options say, and the headers are spelled as in the RFC.
func TestDialRequest(t *testing.T) {
	requests := make(chan *http.Request, 1)
	u := serve(t, echoing(func(r *http.Request) string {
		requests <- r
		return answer(r, "Sec-WebSocket-Protocol", "v2", "Sec-WebSocket-Extensions", "a|b")
	}))
	o := DialOptions{
		Header: http.Header{"X-Token": {"1", "2"}}, Host: "other.example",
		Subprotocols: []string{"v1", "v2"}, Extensions: "a, b",
	}
	before := o.Header.Clone()
	var calls [][]string
	o.AcceptExtensions = func(lines []string) error { calls = append(calls, lines); return nil }
	d := mustDial(t, strings.Replace(u, "ws://", "ws://user:pass@", 1)+"/path?q=1", o)
	r := <-requests
	if !reflect.DeepEqual(o.Header, before) {
		t.Errorf("Header is %q, was %q", o.Header, before)
	}
	if d.Subprotocol != "v2" || !reflect.DeepEqual(calls, [][]string{{"a", "b"}}) {
		t.Errorf("selected %q, and called AcceptExtensions with %q", d.Subprotocol, calls)
	}
	user, pass, _ := r.BasicAuth()
	if r.Method != "GET" || r.Proto != "HTTP/1.1" || r.RequestURI != "/path?q=1" || r.Host != "other.example" || user != "user" || pass != "pass" {
		t.Errorf("received %+v", r)
	}
	for name, want := range map[string]string{
		"X-Token": "1|2", "Upgrade": "websocket", "Connection": "Upgrade", "Sec-Websocket-Version": "13",
		"Sec-Websocket-Protocol": "v1,v2", "Sec-Websocket-Extensions": "a, b",
	} {
		if got := strings.Join(r.Header[name], "|"); got != want {
			t.Errorf("received %s: %s, want %s", name, got, want)
		}
	}
}

// AcceptExtensions is also called if the server answers with none.
func TestDialWithoutExtensions(t *testing.T) {
	called := 0
	mustDial(t, serve(t, echoing(correct)), DialOptions{AcceptExtensions: func(lines []string) error {
		if called++; lines != nil {
			t.Errorf("called with %q", lines)
		}
		return nil
	}})
	if called != 1 {
		t.Errorf("called %d times", called)
	}
}

func TestDialUsesCookieJar(t *testing.T) {
	cookies := make(chan string, 2)
	u := serve(t, echoing(func(r *http.Request) string {
		cookies <- r.Header.Get("Cookie")
		return answer(r, "Set-Cookie", "seen=2")
	}))
	jar, _ := cookiejar.New(nil)
	site, _ := url.Parse("http" + strings.TrimPrefix(u, "ws"))
	jar.SetCookies(site, []*http.Cookie{{Name: "seen", Value: "1"}})
	for _, want := range []string{"seen=1", "seen=2"} {
		mustDial(t, u, DialOptions{HTTPClient: &http.Client{Jar: jar}})
		if got := <-cookies; got != want {
			t.Errorf("received the cookie %q, want %q", got, want)
		}
	}
}

// The ends of the context and of HTTPClient.Timeout have no effect on the connection
// after the handshake.
func TestDialLimitsOnlyTheHandshake(t *testing.T) {
	u, client := serveTLS(t, echoing(func(r *http.Request) string { return answer(r) + "early" }))
	ctx, cancel := context.WithCancel(t.Context())
	limited := *client
	limited.Timeout = time.Hour
	d, err := Dial(ctx, u, DialOptions{HTTPClient: &limited})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = d.Conn.Close() }()
	cancel()
	converse(t, d, "early")
	d.Early = nil
	converse(t, d, "") // in both directions, and again
}

// No deadline is left on the connection, also of those that a DialContext sets.
func TestDialClearsDeadlines(t *testing.T) {
	var set *deadlines
	mustDial(t, serve(t, echoing(correct)), DialOptions{HTTPClient: &http.Client{Transport: &http.Transport{
		DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
			conn, err := new(net.Dialer).DialContext(ctx, network, addr)
			set = &deadlines{Conn: conn, read: time.Now().Add(time.Hour), write: time.Now().Add(time.Hour)}
			return set, err
		},
	}}})
	if !set.read.IsZero() || !set.write.IsZero() {
		t.Errorf("deadlines are %v and %v", set.read, set.write)
	}
	if set.expiredWrite {
		t.Error("an expired write deadline was set, which breaks a TLS connection")
	}
}

// deadlines records those of a connection.
type deadlines struct {
	net.Conn
	read, write  time.Time
	expiredWrite bool
}

func (c *deadlines) SetReadDeadline(at time.Time) error {
	c.read = at
	return c.Conn.SetReadDeadline(at)
}

func (c *deadlines) SetWriteDeadline(at time.Time) error {
	c.write = at
	c.expiredWrite = c.expiredWrite || !at.IsZero() && at.Before(time.Now())
	return c.Conn.SetWriteDeadline(at)
}

func (c *deadlines) SetDeadline(at time.Time) error {
	return errors.Join(c.SetReadDeadline(at), c.SetWriteDeadline(at))
}
