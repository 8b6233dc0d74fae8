package handshake

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/url"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// After Dial, nothing is left of connecting, whatever it was that did not end.
// synctest.Test fails for goroutines that are left.
func TestDialStopsConnecting(t *testing.T) {
	hangs := func(ctx context.Context, _, _ string) (net.Conn, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	for name, tt := range map[string]struct {
		url   string
		proxy string
		dial  func(ctx context.Context, network, addr string) (net.Conn, error) // nil for a connection whose other end is silent
	}{
		"TCP":                               {"ws://server.example/", "", hangs},
		"TCP, and TLS":                      {"wss://server.example/", "", hangs},
		"TLS":                               {"wss://server.example/", "", nil},
		"the proxy's TCP":                   {"ws://server.example/", "http://proxy.example", hangs},
		"CONNECT":                           {"ws://server.example/", "http://proxy.example", nil},
		"CONNECT, and TLS":                  {"wss://server.example/", "http://proxy.example", nil},
		"the proxy's TLS":                   {"ws://server.example/", "https://proxy.example", nil},
		"the proxy's TLS, and the server's": {"wss://server.example/", "https://proxy.example", nil},
		"SOCKS":                             {"ws://server.example/", "socks5://proxy.example", nil},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var server sync.WaitGroup
				defer server.Wait()
				transport := &http.Transport{DialContext: tt.dial}
				if tt.dial == nil {
					transport.DialContext = func(context.Context, string, string) (net.Conn, error) {
						client, silent := net.Pipe()
						server.Go(func() {
							for b := make([]byte, 1024); ; { // until the client closes
								if _, err := silent.Read(b); err != nil {
									return
								}
							}
						})
						return client, nil
					}
				}
				if tt.proxy != "" {
					u, _ := url.Parse(tt.proxy)
					transport.Proxy = http.ProxyURL(u)
				}
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				began := time.Now()
				_, err := Dial(ctx, tt.url, DialOptions{
					HTTPClient: &http.Client{Transport: transport},
					CloseWhen: func(ctx context.Context, conn net.Conn) func() bool {
						return context.AfterFunc(ctx, func() { _ = conn.Close() })
					},
				})
				if took := time.Since(began); !errors.Is(err, context.DeadlineExceeded) || took != time.Second {
					t.Errorf("after %v Dial returned %v", took, err)
				}
			})
		})
	}
}

// The program's Transport is asked for a proxy once for each request, and not changed.
func TestDialAsksForProxyOnce(t *testing.T) {
	asked := 0
	transport := &http.Transport{Proxy: func(*http.Request) (*url.URL, error) {
		asked++
		return nil, nil
	}}
	mustDial(t, serve(t, echoing(correct)), DialOptions{HTTPClient: &http.Client{Transport: transport}})
	if asked != 1 || transport.DisableKeepAlives {
		t.Errorf("asked %d times, DisableKeepAlives is %v", asked, transport.DisableKeepAlives)
	}
}

func TestDialProxyError(t *testing.T) {
	cause := errors.New("no proxy today")
	transport := &http.Transport{Proxy: func(*http.Request) (*url.URL, error) { return nil, cause }}
	if _, err := dial(t, "ws://server.example/", DialOptions{HTTPClient: &http.Client{Transport: transport}}); !errors.Is(err, cause) {
		t.Errorf("Dial returned %v", err)
	}
}
