package interoptest

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"

	"github.com/handset-go/handset/ws"
)

// requestHeader expects that the server gets the headers and the cookies of the
// request, and selects a subprotocol.
func requestHeader(t *testing.T, s *Server) {
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	origin, err := url.Parse(strings.Replace(s.URL, "ws", "http", 1) + "/")
	if err != nil {
		t.Fatal(err)
	}
	jar.SetCookies(origin, []*http.Cookie{{Name: "session", Value: "abc"}, {Name: "theme", Value: "dark"}})
	c := s.dial(t, "/request", &ws.Dialer{
		HTTPClient:   &http.Client{Transport: s.transport(t), Jar: jar},
		Header:       http.Header{"Authorization": {"Bearer 42"}, "X-Handset": {"héllo"}},
		Subprotocols: []string{"other.protocol", Subprotocol},
	})
	if got := c.session.Subprotocol(); got != Subprotocol {
		t.Errorf("the subprotocol is %q", got)
	}
	msg, err := c.stream.Aggregate(mebibyte).Recv(c.ctx)
	c.must(err)
	var header map[string]string
	c.must(json.Unmarshal(msg.Data, &header))
	for name, want := range map[string]string{
		"authorization": "Bearer 42", "cookie": "session=abc; theme=dark", "host": origin.Host,
		"upgrade": "websocket", "connection": "Upgrade", "sec-websocket-version": "13",
	} {
		if got := header[name]; !strings.EqualFold(got, want) {
			t.Errorf("the server saw %s: %q, want %q", name, got, want)
		}
	}
}

// refusal expects a HandshakeError with what the server says.
func refusal(t *testing.T, s *Server) {
	c := s.newCall(t, "/refuse")
	err := c.dial(&ws.Dialer{HTTPClient: &http.Client{Transport: s.transport(t)}})
	var refused *ws.HandshakeError
	if !errors.As(err, &refused) {
		t.Fatalf("got %v, want a HandshakeError", err)
	}
	if s.EchoOnly {
		if refused.Status != http.StatusNotFound {
			t.Errorf("got status %d", refused.Status)
		}
		return
	}
	body := strings.Repeat(RefusalBody, 100)[:1024]
	if refused.Status != http.StatusUnauthorized || string(refused.Body) != body || refused.Header.Get("WWW-Authenticate") == "" {
		t.Errorf("got status %d, header %v, body %q", refused.Status, refused.Header, refused.Body)
	}
}
