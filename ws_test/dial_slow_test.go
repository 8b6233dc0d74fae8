package ws_test

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/handset-go/handset/ws"
)

// rawServer accepts TCP connections. It returns its address, and how many bytes it has
// written. The test does not end before all clients have closed their connections.
func rawServer(t *testing.T, serve func(conn net.Conn)) (addr string, written *atomic.Int64) {
	t.Helper()
	l, written := listen(t), new(atomic.Int64)
	var all sync.WaitGroup
	all.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return // the test is over
			}
			all.Go(func() {
				defer conn.Close()
				serve(&writtenConn{conn, written})
				_, _ = io.Copy(io.Discard, conn)
			})
		}
	})
	t.Cleanup(func() {
		l.Close()
		ended := make(chan struct{})
		go func() { all.Wait(); close(ended) }()
		await(t, ended, "the close of every connection")
	})
	return l.Addr().String(), written
}

type writtenConn struct {
	net.Conn
	n *atomic.Int64
}

func (c *writtenConn) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	c.n.Add(int64(n))
	return n, err
}

// afterRequest serves a connection when something has been received.
func afterRequest(serve func(net.Conn)) func(net.Conn) {
	return func(conn net.Conn) {
		if _, err := conn.Read(make([]byte, 4096)); err == nil {
			serve(conn)
		}
	}
}

// slowly writes a text, a byte at a time, until the client closes.
func slowly(conn net.Conn, text string) {
	closed := make(chan struct{})
	go func() { _, _ = io.Copy(io.Discard, conn); close(closed) }()
	tick := time.NewTicker(shortWait)
	defer tick.Stop()
	for i := range len(text) {
		_, _ = io.WriteString(conn, text[i:i+1])
		select {
		case <-tick.C:
		case <-closed:
			return
		}
	}
}

// endlessly writes a text again and again, until the client closes, 1 GiB at most.
func endlessly(conn net.Conn, first, text string) {
	_, err := io.WriteString(conn, first)
	for b := []byte(strings.Repeat(text, 1<<16/len(text))); err == nil; {
		for range 1 << 30 / len(b) {
			if _, err = conn.Write(b); err != nil {
				break
			}
		}
	}
}

// Whatever a server does, Dial ends with its context at the latest, uses little memory,
// says why, and leaves nothing behind.
func TestDialServerMisbehaves(t *testing.T) {
	const (
		slow     = "deadline exceeded"
		endless  = "headers exceeded 1048576 bytes"
		isPlain  = "server gave HTTP response to HTTPS client"
		isNotTLS = "first record does not look like a TLS handshake"
	)
	for _, tt := range []struct {
		name  string
		serve func(conn net.Conn)
		ws    string // what the error says, for URLs of ws
		wss   string
	}{
		{"never answers", afterRequest(func(net.Conn) {}), slow, slow},
		{"answers slowly", afterRequest(func(c net.Conn) { slowly(c, "HTTP/1.1 101 Switching Protocols\r\n") }), slow, isPlain},
		{"answers slowly in TLS", afterRequest(func(c net.Conn) { slowly(c, "\x16\x03\x03\x40\x00\x02\x00\x3f\xfc") }), slow, slow},
		{"sends a header of 1 GiB", afterRequest(func(c net.Conn) { endlessly(c, "HTTP/1.1 101 Switching Protocols\r\n", "X-Header: 0123456789\r\n") }), endless, isPlain},
		{"sends a line of 1 GiB", afterRequest(func(c net.Conn) { endlessly(c, "HTTP/1.1 101 Switching Protocols\r\nA: ", "0123456789") }), endless, isPlain},
		{"sends status 103 for ever", afterRequest(func(c net.Conn) { endlessly(c, "", "HTTP/1.1 103 Early Hints\r\nA: 1\r\n\r\n") }), endless, isPlain},
		{"sends a TLS record for ever", afterRequest(func(c net.Conn) { endlessly(c, "\x16\x03\x03\x40\x00\x02\xff\xff\xff", "0") }), endless, "tls: "},
		{"closes at once", func(c net.Conn) { c.Close() }, "", ""},
		{"closes", afterRequest(func(c net.Conn) { c.Close() }), "", ""},
		{"sends another protocol", afterRequest(func(c net.Conn) { _, _ = io.WriteString(c, "SSH-2.0-OpenSSH_9.2\r\n") }), `malformed HTTP response "SSH-2.0-OpenSSH_9.2"`, isNotTLS},
		{"sends another protocol at once", func(c net.Conn) { _, _ = io.WriteString(c, "SSH-2.0-OpenSSH_9.2\r\n") }, "", isNotTLS},
		{"speaks HTTP/2", afterRequest(func(c net.Conn) {
			_, _ = io.WriteString(c, "\x00\x00\x06\x04\x00\x00\x00\x00\x00\x00\x03\x00\x00\x00\x64\r\n\r\n")
		}), "malformed HTTP response", isNotTLS},
	} {
		for _, scheme := range []string{"ws", "wss"} {
			t.Run(tt.name+","+scheme, func(t *testing.T) {
				addr, written := rawServer(t, tt.serve)
				says := map[string]string{"ws": tt.ws, "wss": tt.wss}[scheme]
				timeout := testTimeout / 2
				if says == slow {
					timeout = shortWait
				}
				ctx, cancel := context.WithTimeout(context.Background(), timeout)
				defer cancel()
				d := &ws.Dialer{HTTPClient: &http.Client{Transport: trustingTransport(t)}}
				var before, after runtime.MemStats
				runtime.ReadMemStats(&before)
				_, _, err := d.Dial(ctx, scheme+"://"+addr+"/?secret")
				runtime.ReadMemStats(&after)
				if err == nil || !strings.HasPrefix(err.Error(), "ws: dial: ") || !strings.Contains(err.Error(), says) || strings.Contains(err.Error(), "secret") || len(err.Error()) > 1000 {
					t.Fatalf("Dial returned %v, which does not say %q", err, says)
				}
				if refusal := (*ws.HandshakeError)(nil); errors.As(err, &refusal) || errors.Is(err, context.DeadlineExceeded) != (says == slow) {
					t.Errorf("Dial returned %#v", err)
				}
				if n := after.TotalAlloc - before.TotalAlloc; n > 32<<20 {
					t.Errorf("allocated %d bytes", n)
				}
				if n := written.Load(); n > 64<<20 { // most of it is in buffers of the kernel
					t.Errorf("the server has written %d bytes", n)
				}
			})
		}
	}
}

// The error for a URL of the wrong scheme leads to the cause, and servers of HTTP/2 only
// are refused.
func TestDialWrongProtocol(t *testing.T) {
	plain, secure := serveEcho(t, transports[0]), serveEcho(t, transport{tls: true})
	only := func(change func(*http.Protocols)) *httptest.Server {
		srv := httptest.NewUnstartedServer(http.NotFoundHandler())
		srv.Config.Protocols = new(http.Protocols)
		change(srv.Config.Protocols)
		return srv
	}
	unencrypted := only(func(p *http.Protocols) { p.SetUnencryptedHTTP2(true) })
	start(t, transport{}, unencrypted)
	encrypted := only(func(p *http.Protocols) { p.SetHTTP2(true) })
	encrypted.TLS = &tls.Config{NextProtos: []string{"h2"}}
	start(t, transport{tls: true}, encrypted)
	for _, tt := range []struct {
		name, url, says string
		status          int
	}{
		{"ws to TLS", "ws://" + secure.Listener.Addr().String(), "Client sent an HTTP request to an HTTPS server", 400},
		{"wss to plain", "wss://" + plain.Listener.Addr().String(), "server gave HTTP response to HTTPS client", 0},
		{"HTTP/2 only", "ws://" + unencrypted.Listener.Addr().String(), "ws: dial: ", 0}, // closes
		{"HTTP/2 only, with TLS", "wss://" + encrypted.Listener.Addr().String(), "ws: dial: ", 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := &ws.Dialer{HTTPClient: &http.Client{Transport: trustingTransport(t)}}
			_, _, err := d.Dial(testContext(t), tt.url)
			if err == nil || !strings.Contains(err.Error(), tt.says) {
				t.Fatalf("Dial returned %v, which does not say %q", err, tt.says)
			}
			var refusal *ws.HandshakeError
			if errors.As(err, &refusal) != (tt.status != 0) || refusal != nil && refusal.Status != tt.status {
				t.Errorf("Dial returned %#v", err)
			}
		})
	}
}

// A host may have an address of IPv6 that does not work and one of IPv4 that does.
func TestDialDualStack(t *testing.T) {
	srv := serveEcho(t, transports[0])
	_, port, _ := net.SplitHostPort(srv.Listener.Addr().String())
	hangs := func(ctx context.Context, network, _ string, _ syscall.RawConn) error {
		if network != "tcp6" {
			return nil
		}
		<-ctx.Done()
		return ctx.Err()
	}
	names := resolver(t, net.IPv4(127, 0, 0, 1), net.IPv6loopback)
	for name, dialer := range map[string]*net.Dialer{
		"refuses": {Resolver: names},
		"hangs":   {Resolver: names, FallbackDelay: 5 * time.Millisecond, ControlContext: hangs},
	} {
		t.Run(name, func(t *testing.T) {
			d := &ws.Dialer{HTTPClient: &http.Client{Transport: &http.Transport{DialContext: dialer.DialContext}}}
			session, stream := dialSession(t, d, "ws://dual.example:"+port)
			expectConversation(t, session, stream)
		})
	}
	t.Run("no address works", func(t *testing.T) {
		hangs := func(ctx context.Context, _, _ string, _ syscall.RawConn) error { <-ctx.Done(); return ctx.Err() }
		dialer := &net.Dialer{Resolver: names, ControlContext: hangs}
		d := &ws.Dialer{HTTPClient: &http.Client{Transport: &http.Transport{DialContext: dialer.DialContext}}}
		ctx, cancel := context.WithTimeout(context.Background(), shortWait)
		defer cancel()
		if _, _, err := d.Dial(ctx, "ws://dual.example:"+port); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Dial returned %v", err)
		}
	})
}
