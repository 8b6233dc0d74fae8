package handshake

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// redirecting redirects to a URL.
func redirecting(to string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Location", to)
		w.WriteHeader(http.StatusTemporaryRedirect)
	}
}

func TestDialFollowsRedirects(t *testing.T) {
	target, client := serveTLS(t, echoing(func(r *http.Request) string { return answer(r) + "early" }))
	for name, to := range map[string]string{
		"to wss":   target,
		"to https": "https" + strings.TrimPrefix(target, "wss"),
		"twice":    serve(t, redirecting(target)),
	} {
		t.Run(name, func(t *testing.T) {
			converse(t, mustDial(t, serve(t, redirecting(to)), DialOptions{HTTPClient: client, FollowRedirects: true}), "early")
		})
	}
}

// A redirect that is not followed is a refusal, and says where it leads, without
// secrets.
func TestDialDoesNotFollowRedirects(t *testing.T) {
	target := serve(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("followed") }))
	secret := strings.Replace(target, "ws://", "ws://user:secret@", 1) + "/login?secret=1#secret"
	stop := errors.New("stop")
	refuse := func(*http.Request, []*http.Request) error { return stop }
	last := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	for name, tt := range map[string]struct {
		to     string
		follow bool
		check  func(*http.Request, []*http.Request) error
		says   string
	}{
		"by default":             {secret, false, nil, `redirect to "` + target + `/login" was not followed: Dialer.FollowRedirects is false`},
		"whatever the client":    {target, false, refuse, "FollowRedirects"},
		"no Location":            {"", true, nil, "redirect without a Location"},
		"an invalid Location":    {"http://secret@ /", true, nil, "is not a URL"},
		"another invalid one":    {"http://secret@ /", false, nil, "is not a URL"},
		"refused by the program": {target, true, refuse, "stop"},
		"kept by the program":    {target, true, last, "was not followed"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := dial(t, serve(t, redirecting(tt.to)), DialOptions{
				FollowRedirects: tt.follow, HTTPClient: &http.Client{CheckRedirect: tt.check},
			})
			var refusal *Refusal
			if !errors.As(err, &refusal) || refusal.Status != 307 || refusal.Header.Get("Location") != tt.to {
				t.Fatalf("Dial returned %v", err)
			}
			if text := err.Error(); !strings.Contains(text, tt.says) || strings.Contains(text, "secret") {
				t.Errorf("Dial returned %q, want %q", text, tt.says)
			}
			if errors.Is(err, stop) != (tt.says == "stop") {
				t.Errorf("Dial returned %v", err)
			}
		})
	}
}

func TestDialLimitsRedirects(t *testing.T) {
	requests := 0
	var u string
	u = serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		requests++
		redirecting(u)(w, r)
	}))
	_, err := dial(t, u, DialOptions{FollowRedirects: true})
	if !errors.Is(err, errRedirects) || requests != maxRedirects {
		t.Errorf("Dial returned %v after %d requests", err, requests)
	}
}

// A redirect from wss to ws would send the secrets of the handshake, and the session,
// in the clear.
func TestDialRefusesDowngrade(t *testing.T) {
	for _, scheme := range []string{"ws", "http"} {
		followed := false
		target := serve(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { followed = true }))
		u, client := serveTLS(t, redirecting(scheme+strings.TrimPrefix(target, "ws")))
		_, err := dial(t, u, DialOptions{HTTPClient: client, FollowRedirects: true})
		if refusal := (*Refusal)(nil); !errors.Is(err, errDowngrade) || !errors.As(err, &refusal) || refusal.Status != 307 || followed {
			t.Errorf("%s: Dial returned %v, followed %v", scheme, err, followed)
		}
	}
}

// Another host receives neither Authorization nor Cookie, nor the URL with its query.
// What the program names itself, it does receive.
func TestDialRedirectKeepsSecrets(t *testing.T) {
	requests := make(chan *http.Request, 3)
	target := httptest.NewServer(echoing(func(r *http.Request) string { requests <- r; return answer(r) }))
	t.Cleanup(target.Close)
	other, _ := url.Parse(target.URL)
	other.Host = "localhost:" + other.Port() // the first is 127.0.0.1
	first := strings.Replace(serve(t, redirecting(other.String())), "ws://", "ws://user:pass@", 1) + "/?token=secret"
	for name, tt := range map[string]struct {
		header http.Header
		want   string // Referer
	}{
		"secrets":              {http.Header{"Authorization": {"secret"}, "Cookie": {"secret=1"}}, ""},
		"userinfo":             {nil, ""},
		"the program's header": {http.Header{"Referer": {"https://app.example/"}}, "https://app.example/"},
	} {
		t.Run(name, func(t *testing.T) {
			mustDial(t, first, DialOptions{Header: tt.header, FollowRedirects: true})
			r := <-requests
			if r.Header["Authorization"] != nil || r.Header["Cookie"] != nil || r.Referer() != tt.want {
				t.Errorf("received %q", r.Header)
			}
		})
	}
}
