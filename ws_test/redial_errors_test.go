package ws_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync/atomic"
	"testing"
	"time"

	"github.com/handset-go/handset/ws"
)

// The errors of real handshakes that fail, and whether the loop goes on after them.
func TestRedialAfterAttempt(t *testing.T) {
	for _, tt := range []struct {
		name string
		url  func(*testing.T, *ws.Redialer) string
		want bool
	}{
		{"a port on which nobody listens", func(t *testing.T, _ *ws.Redialer) string {
			return "ws://" + unusedAddress(t)
		}, true},
		{"a name that is not found", func(t *testing.T, r *ws.Redialer) string {
			r.Dialer = dialerOf(&http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) {
				return nil, &net.OpError{Op: "dial", Err: &net.DNSError{Err: "no such host", Name: "host.invalid", IsNotFound: true}}
			}})
			return "ws://host.invalid"
		}, true},
		{"a server that does not answer", func(t *testing.T, r *ws.Redialer) string {
			r.AttemptTimeout = 50 * time.Millisecond
			return "ws://" + answer(t, "").String()
		}, true},
		{"a server that closes the connection", func(t *testing.T, _ *ws.Redialer) string {
			return "ws://" + answer(t, "close").String()
		}, true},
		{"a server that does not speak HTTP", func(t *testing.T, _ *ws.Redialer) string {
			return "ws://" + answer(t, "SSH-2.0-OpenSSH_9.6\r\n\r\n").String()
		}, true},
		{"429", answersWith("429 Too Many Requests"), true},
		{"503", answersWith("503 Service Unavailable"), true},
		{"302", answersWith("302 Found\r\nLocation: /elsewhere"), false},
		{"401", answersWith("401 Unauthorized"), false},
		{"200", answersWith("200 OK"), false},
		{"a wrong 101", answersWith("101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: x"), false},
		{"a proxy that requires authentication", throughProxy("407 Proxy Authentication Required"), false},
		{"a proxy that cannot reach the server", throughProxy("502 Bad Gateway"), true},
		{"a certificate that is not trusted", func(t *testing.T, _ *ws.Redialer) string {
			srv := httptest.NewUnstartedServer(http.NotFoundHandler())
			srv.Config.ErrorLog = log.New(io.Discard, "", 0)
			srv.StartTLS()
			t.Cleanup(srv.Close)
			return srv.URL
		}, false},
		{"a certificate of another name", func(t *testing.T, r *ws.Redialer) string {
			srv := httptest.NewUnstartedServer(http.NotFoundHandler())
			srv.Config.ErrorLog = log.New(io.Discard, "", 0)
			srv.StartTLS()
			t.Cleanup(srv.Close)
			transport := srv.Client().Transport.(*http.Transport).Clone()
			transport.TLSClientConfig.ServerName = "other.example"
			r.Dialer = dialerOf(transport)
			return srv.URL
		}, false},
		{"a TLS handshake that is cut", func(t *testing.T, _ *ws.Redialer) string {
			return "wss://" + answer(t, "close").String()
		}, true},
		{"a TLS handshake without a common version", func(t *testing.T, r *ws.Redialer) string {
			srv := httptest.NewUnstartedServer(http.NotFoundHandler())
			srv.Config.ErrorLog = log.New(io.Discard, "", 0)
			srv.TLS = &tls.Config{MinVersion: tls.VersionTLS13}
			srv.StartTLS()
			t.Cleanup(srv.Close)
			r.Dialer = dialerOf(&http.Transport{TLSClientConfig: &tls.Config{MaxVersion: tls.VersionTLS12}})
			return srv.URL
		}, true},
		{"a scheme", func(*testing.T, *ws.Redialer) string { return "ftp://example.com" }, false},
		{"no URL", func(*testing.T, *ws.Redialer) string { return "" }, false},
		{"a port that is none", func(*testing.T, *ws.Redialer) string { return "ws://127.0.0.1:99999" }, false},
		{"an option", func(_ *testing.T, r *ws.Redialer) string {
			r.Dialer = &ws.Dialer{Options: ws.Options{SendBuffer: -1}}
			return "ws://example.com"
		}, false},
		{"a header", func(_ *testing.T, r *ws.Redialer) string {
			r.Dialer = &ws.Dialer{Header: http.Header{"Sec-WebSocket-Key": {"mine"}}}
			return "ws://example.com"
		}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r, got := new(ws.Redialer), []bool(nil)
			r.URL = tt.url(t, r)
			r.Retry = func(err error) bool {
				got = append(got, ws.Retryable(err))
				return false
			}
			for range r.All(testContext(t)) {
				t.Error("a session")
			}
			if len(got) != 1 || got[0] != tt.want {
				t.Errorf("%v is retryable: %v, want %v", r.Err(), got, tt.want)
			}
		})
	}
}

func dialerOf(transport *http.Transport) *ws.Dialer {
	return &ws.Dialer{HTTPClient: &http.Client{Transport: transport}}
}

// answer returns the address of a server that answers each request with a text, closes
// the connection at once, or for an empty text does nothing.
func answer(t *testing.T, text string) net.Addr {
	t.Helper()
	l := listen(t)
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			t.Cleanup(func() { conn.Close() })
			switch text {
			case "":
			case "close":
				conn.Close()
			default:
				go func() {
					if _, err := http.ReadRequest(bufio.NewReader(conn)); err == nil {
						_, _ = io.WriteString(conn, text)
						conn.Close()
					}
				}()
			}
		}
	}()
	return l.Addr()
}

// answersWith returns the URL of a server that answers with a status and headers.
func answersWith(response string) func(*testing.T, *ws.Redialer) string {
	return func(t *testing.T, _ *ws.Redialer) string {
		return "ws://" + answer(t, "HTTP/1.1 "+response+"\r\n\r\n").String()
	}
}

// throughProxy has the Redialer use a proxy that answers CONNECT with a status.
func throughProxy(status string) func(*testing.T, *ws.Redialer) string {
	return func(t *testing.T, r *ws.Redialer) string {
		proxy := &url.URL{Scheme: "http", Host: answer(t, "HTTP/1.1 "+status+"\r\n\r\n").String()}
		r.Dialer = dialerOf(&http.Transport{Proxy: http.ProxyURL(proxy)})
		return "wss://example.com"
	}
}

// A Redialer comes back over TCP after whatever has happened to its sessions: the n-th one
// is served in the n-th way.
func TestRedialOverTCP(t *testing.T) {
	for _, over := range transports {
		t.Run(over.name, func(t *testing.T) {
			ends := []func(s *ws.Session, u *ws.Upgrader){
				func(s *ws.Session, _ *ws.Upgrader) { _ = s.Close(ws.CloseReason{Code: ws.CloseServiceRestart}) },
				func(s *ws.Session, u *ws.Upgrader) { go u.Close() }, // resets the connection
				func(s *ws.Session, _ *ws.Upgrader) { _ = s.Close(ws.CloseReason{Code: 4000}) },
			}
			var begun atomic.Int64
			srv := serve(t, over, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				n := int(begun.Add(1)) - 1
				if n == 1 && r.Header.Get("Resume") == "" {
					t.Error("the second handshake does not resume")
				}
				u := new(ws.Upgrader)
				session, stream, err := u.Handle(w, r)
				if err != nil {
					t.Error(err)
					return
				}
				_ = session.Text(context.Background(), fmt.Sprint("session ", n))
				msg, err := stream.Recv(testContext(t))
				if err != nil || string(msg.Data) != "received" {
					t.Errorf("the server received %q, %v", msg.Data, err)
				}
				ends[n](session, u)
				for range stream.All(testContext(t)) {
				}
			}))
			r := &ws.Redialer{URL: srv.URL, BaseDelay: time.Millisecond, Dialer: dialerOf(srv.Client().Transport.(*http.Transport).Clone())}
			r.Before = func(_ context.Context, a *ws.Attempt) error {
				if a.Err != nil {
					a.Header.Set("Resume", a.Err.Error())
				}
				return nil
			}
			var got []string
			for session, stream := range r.All(testContext(t)) {
				for msg, err := range stream.All(testContext(t)) {
					if err == nil && msg.Kind == ws.Text {
						got = append(got, string(msg.Data))
						_ = session.Text(testContext(t), "received")
					}
				}
			}
			var closed *ws.CloseError
			if err := r.Err(); !errors.As(err, &closed) || closed.Received.Code != 4000 || len(got) != 3 || got[2] != "session 2" {
				t.Errorf("received %q, ended with %v", got, err)
			}
		})
	}
}
