//go:build unix

package ws_test

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/handset-go/handset/internal/tooltest"
	"github.com/handset-go/handset/ws"
)

// idleProxies are the proxies of the guide, with an idle timeout of 1 s.
var idleProxies = []struct {
	name  string
	start func(t *testing.T, srv *httptest.Server) (network, addr string)
}{
	{"nginx", func(t *testing.T, srv *httptest.Server) (network, addr string) {
		return "unix", startNginxWith(t, tooltest.Program(t, "nginx", "/usr/sbin/nginx"), srv.Listener.Addr().String(), "", "proxy_read_timeout 90s;", "proxy_read_timeout 1s;")
	}},
	{"HAProxy", func(t *testing.T, srv *httptest.Server) (network, addr string) {
		return "tcp", startHAProxy(t, tooltest.Program(t, "haproxy", "/usr/sbin/haproxy"), srv.Listener.Addr().String(), "", "timeout tunnel 90s", "timeout tunnel 1s")
	}},
}

// A heartbeat whose interval is shorter than the idle timeout of a proxy keeps the
// session of a peer that is silent, and traffic in one direction does so as well.
func TestInteropProxyIdle(t *testing.T) {
	off, short := ws.Heartbeat{Interval: -1}, ws.Heartbeat{Interval: 400 * time.Millisecond}
	for _, proxy := range idleProxies {
		for _, test := range []struct {
			name             string
			server           ws.Heartbeat
			sending, serving bool
			lost             bool
		}{
			{name: "a silent session without a heartbeat is lost", server: off, lost: true},
			{name: "a silent session with a heartbeat is kept", server: short},
			{name: "a session in which only the client sends is kept", server: off, sending: true},
			{name: "a session in which only the server sends is kept", server: off, serving: true},
		} {
			t.Run(proxy.name+", "+test.name, func(t *testing.T) {
				t.Parallel()
				session, stream := dialIdle(t, proxy.start, &ws.Upgrader{Options: ws.Options{Heartbeat: test.server}}, test.serving)
				ended := make(chan error, 1)
				go func() {
					for _, err := range stream.All(context.Background()) {
						if err != nil {
							ended <- err
						}
					}
				}()
				after := time.After(2500 * time.Millisecond)
				for ticks := time.Tick(300 * time.Millisecond); ; {
					select {
					case err := <-ended:
						if !test.lost {
							t.Errorf("lost: %v", err)
						}
						return
					case <-ticks:
						if test.sending {
							_ = session.Text(t.Context(), "still here")
						}
					case <-after:
						if test.lost {
							t.Error("not lost after 2.5 s")
						}
						return
					}
				}
			})
		}
	}
}

// dialIdle connects a client without a heartbeat through a proxy. The server sends
// only if it is serving.
func dialIdle(t *testing.T, start func(*testing.T, *httptest.Server) (network, addr string), u *ws.Upgrader, serving bool) (*ws.Session, *ws.MessageStream) {
	t.Helper()
	srv := serve(t, transports[0], u.Handler(func(session *ws.Session, stream *ws.MessageStream) {
		_ = stream.Discard()
		for ticks := time.Tick(300 * time.Millisecond); ; {
			select {
			case <-ticks:
				if serving {
					_ = session.Text(context.Background(), "still here")
				}
			case <-session.Done():
				return
			}
		}
	}))
	network, addr := start(t, srv)
	transport := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, addr)
	}}
	return dialSession(t, &ws.Dialer{
		HTTPClient: &http.Client{Transport: transport}, Options: ws.Options{Heartbeat: ws.Heartbeat{Interval: -1}},
	}, "ws://"+proxiedHost)
}
