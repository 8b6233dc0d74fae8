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

// handshake expects that the server gets the headers and the cookies of the request, and
// that a subprotocol is selected.
func handshake(t *testing.T, o *other) {
	c := o.connect(t, "/request", settings{subprotocol: true})
	if got := c.session.Subprotocol(); got != Subprotocol {
		t.Errorf("the subprotocol is %q", got)
	}
	msg, err := c.stream.Aggregate(mebibyte).Recv(c.ctx)
	c.must(err)
	var header map[string]string
	c.must(json.Unmarshal(msg.Data, &header))
	want := map[string]string{"protocol": Subprotocol}
	if !o.client {
		want = map[string]string{
			"authorization": "Bearer 42", "cookie": "session=abc; theme=dark",
			"upgrade": "websocket", "connection": "Upgrade", "sec-websocket-version": "13",
		}
	}
	for name, want := range want {
		if got := header[name]; !strings.EqualFold(got, want) {
			t.Errorf("it saw %s: %q, want %q", name, got, want)
		}
	}
}

// cookies returns those that the client sends to the server.
func cookies(t *testing.T, server string) http.CookieJar {
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(strings.Replace(server, "ws", "http", 1) + "/")
	if err != nil {
		t.Fatal(err)
	}
	jar.SetCookies(u, []*http.Cookie{{Name: "session", Value: "abc"}, {Name: "theme", Value: "dark"}})
	return jar
}

// refusal expects that the client says how the server has refused the handshake.
func refusal(t *testing.T, o *other) {
	c := o.newCall(t, "/refuse")
	err := o.open(c, settings{refuse: true})
	var refused *ws.HandshakeError
	if !errors.As(err, &refused) {
		t.Fatalf("got %v, want a HandshakeError", err)
	}
	switch body := strings.Repeat(RefusalBody, 100)[:1024]; {
	case o.Silent:
		if refused.Status != http.StatusNotFound {
			t.Errorf("got status %d", refused.Status)
		}
	case o.client:
		want := Report{Code: 1006, Status: http.StatusServiceUnavailable}
		if o.HidesStatus {
			want.Status = 0
		}
		if got := c.report(); got.Code != want.Code || got.Status != want.Status {
			t.Errorf("the client saw %+v, want %+v", got, want)
		}
	case refused.Status != http.StatusUnauthorized || string(refused.Body) != body || refused.Header.Get("WWW-Authenticate") == "":
		t.Errorf("got status %d, header %v, body %q", refused.Status, refused.Header, refused.Body)
	}
}
