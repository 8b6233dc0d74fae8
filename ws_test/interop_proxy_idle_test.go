//go:build unix

package ws_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/handset-go/handset/internal/interoptest"
	"github.com/handset-go/handset/internal/tooltest"
	"github.com/handset-go/handset/ws"
)

// idleProxies start the proxies of the guide, with an idle timeout of 3 s.
var idleProxies = map[string]func(t *testing.T, upstream string) (network, addr string){
	"nginx": func(t *testing.T, upstream string) (network, addr string) {
		return "unix", startNginxWith(t, tooltest.Program(t, "nginx", "/usr/sbin/nginx"), upstream, "", "proxy_read_timeout 90s;", "proxy_read_timeout 3s;")
	},
	"HAProxy": func(t *testing.T, upstream string) (network, addr string) {
		return "tcp", startHAProxy(t, tooltest.Program(t, "haproxy", "/usr/sbin/haproxy"), upstream, "", "timeout tunnel 90s", "timeout tunnel 3s")
	},
}

// A heartbeat whose interval is shorter than the idle timeout of a proxy keeps the
// session of a peer that is silent, and traffic in one direction does so as well. Both
// ends of a session that the proxy has ended see that there was no Close frame.
func TestInteropProxyIdle(t *testing.T) {
	for _, proxy := range idleProxyNames {
		for _, test := range idleCases {
			t.Run(proxy+", "+test.name, func(t *testing.T) {
				t.Parallel()
				session, stream, serverEnd := dialIdle(t, idleProxies[proxy], test)
				clientEnd := make(chan error, 1)
				go func() { clientEnd <- receiveToEnd(stream, session) }()
				if test.lost {
					expectLost(t, "client", clientEnd)
					expectLost(t, "server", serverEnd)
				} else {
					expectKept(t, session, test.sending, clientEnd)
				}
				if !t.Failed() {
					interoptest.Record(t, interoptest.Result{Peer: proxy, Step: test.name})
				}
			})
		}
	}
}

func expectLost(t *testing.T, end string, ended <-chan error) {
	t.Helper()
	if err := await(t, ended, "the end of the "+end); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("the %s ended with %v, want io.ErrUnexpectedEOF", end, err)
	}
}

// expectKept expects that the session is there after 2.5 idle timeouts.
func expectKept(t *testing.T, session *ws.Session, sending bool, ended <-chan error) {
	t.Helper()
	after := time.After(7500 * time.Millisecond)
	for ticks := time.Tick(300 * time.Millisecond); ; {
		select {
		case err := <-ended:
			t.Errorf("lost: %v", err)
			return
		case <-ticks:
			if sending {
				_ = session.Text(t.Context(), "still here")
			}
		case <-after:
			return
		}
	}
}

// receiveToEnd returns the error with which the session has ended.
func receiveToEnd(stream *ws.MessageStream, session *ws.Session) error {
	for range stream.All(context.Background()) {
	}
	<-session.Done()
	return session.Err()
}

// dialIdle connects a client through a proxy, and returns it and the error with which the
// server ends.
func dialIdle(t *testing.T, start func(t *testing.T, upstream string) (network, addr string), test idleCase) (*ws.Session, *ws.MessageStream, <-chan error) {
	t.Helper()
	ended := make(chan error, 1)
	u := &ws.Upgrader{Options: ws.Options{Heartbeat: test.server}}
	srv := serve(t, transports[0], u.Handler(func(session *ws.Session, stream *ws.MessageStream) {
		_ = stream.Discard()
		for ticks := time.Tick(300 * time.Millisecond); ; {
			select {
			case <-ticks:
				if test.serving {
					_ = session.Text(context.Background(), "still here")
				}
			case <-session.Done():
				ended <- session.Err()
				return
			}
		}
	}))
	network, addr := start(t, srv.Listener.Addr().String())
	transport := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, addr)
	}}
	session, stream := dialSession(t, &ws.Dialer{
		HTTPClient: &http.Client{Transport: transport}, Options: ws.Options{Heartbeat: test.client},
	}, "ws://"+proxiedHost)
	return session, stream, ended
}
