package ws_test

import (
	"bufio"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/handset-go/handset/ws"
)

// request is a handshake as RFC 6455 §1.3 has it, changed by pairs of a
// header's name and its value: "" takes the header away.
func request(headers ...string) *http.Request {
	r := httptest.NewRequest(http.MethodGet, "http://example.com/chat", nil)
	headers = append([]string{
		"Connection", "Upgrade", "Upgrade", "websocket",
		"Sec-WebSocket-Version", "13", "Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==",
	}, headers...)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
		if headers[i+1] == "" {
			r.Header.Del(headers[i])
		}
	}
	return r
}

func withHeader(r *http.Request, name, value string) *http.Request {
	r.Header.Add(name, value)
	return r
}

func withMethod(r *http.Request, method string) *http.Request {
	r.Method = method
	return r
}

func withHTTP10(r *http.Request) *http.Request {
	r.Proto, r.ProtoMajor, r.ProtoMinor = "HTTP/1.0", 1, 0
	return r
}

func withBody(r *http.Request, length int64) *http.Request {
	r.Body, r.ContentLength = io.NopCloser(strings.NewReader("hello")), length
	return r
}

// withTLS has a request have come over TLS.
func withTLS(r *http.Request) *http.Request {
	r.TLS = new(tls.ConnectionState)
	return r
}

// expectRefused checks what Handle returns for a handshake that fails.
func expectRefused(t *testing.T, u *ws.Upgrader, w http.ResponseWriter, r *http.Request, status int) {
	t.Helper()
	session, stream, err := u.Handle(w, r)
	var refused *ws.HandshakeError
	if !errors.As(err, &refused) || refused.Status != status || session != nil || stream != nil {
		t.Fatalf("Handle returned %v, %v, %v, want a HandshakeError with status %d", session, stream, err, status)
	}
	if refused.Err == nil || !errors.Is(err, refused.Err) || strings.Count(err.Error(), "ws: ") != 1 {
		t.Errorf("the error %q does not say why, or does not begin with ws: once", err)
	}
}

// handshakeInSynctest does a handshake that must succeed.
func handshakeInSynctest(t *testing.T, u *ws.Upgrader, r *http.Request, check func(w *responseWriter)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		end, peer := net.Pipe()
		w := &responseWriter{conn: end}
		session, _, err := u.Handle(w, r)
		if err != nil {
			t.Fatalf("%v: %v", r.Header, err)
		}
		check(w)
		peer.Close()
		_ = session.Close(ws.CloseReason{})
		<-session.Done()
	})
}

// originProbe is a ResponseWriter without a connection: Hijack is called only if the
// origin is accepted.
type originProbe struct {
	*httptest.ResponseRecorder
	hijacked bool
}

func (j *originProbe) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	j.hijacked = true
	return nil, nil, errors.New("no connection")
}

// tryOrigin returns the status of a handshake with the given Origin headers, 101, 403
// or 500, and the text of the response.
func tryOrigin(u *ws.Upgrader, host string, overTLS bool, origins ...string) (status int, text string) {
	r := request()
	r.Host, r.Header["Origin"] = host, origins
	if overTLS {
		r = withTLS(r)
	}
	j := &originProbe{ResponseRecorder: httptest.NewRecorder()}
	_, _, err := u.Handle(j, r)
	var refused *ws.HandshakeError
	if !errors.As(err, &refused) {
		return 0, fmt.Sprint(err)
	}
	if j.hijacked {
		return http.StatusSwitchingProtocols, ""
	}
	return refused.Status, refused.Err.Error()
}

// notHosts are origins that match no pattern for hosts, and no Host header.
var notHosts = strings.Fields(`
	null NULL file:// data:text/html,x evil.example //a.example a.example a.example:80 : :// ://a.example http: http:// https:// http:/a.example
	http:a.example http://a.example/ http://a.example/x http://a.example?x http://a.example#x http://user@a.example http://u:p@a.example
	http://a.example: http://a.example:x http://a.example:65536 http://a.example:-1 http://a.example:+80 http://a.example:80:80
	http://a.example:443:80 http://:80 http://[::1 http://::1 http://[] http://[::1]x http://[1.2.3.4] http://[::g] http://[fe80::1%]
	http://a%2eexample http://a.example%00 http://a.ex\ample 1http://a.example ht_tp://a.example http://a.example,http://b.example
	http://bücher.example http://ａ.example http://a.example,b.example app:// about:blank blob:http://a.example`)
