package ws_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/handset-go/handset/ws"
)

func TestHandshakeRefused(t *testing.T) {
	upgrade := http.Header{"Connection": {"close", "Upgrade"}, "Upgrade": {"websocket"}, "Sec-WebSocket-Version": {"13"}}
	for _, tt := range []struct {
		name    string
		request *http.Request
		status  int
		header  http.Header // of the answer, as far as it matters
	}{
		{"no upgrade at all", request("Connection", "", "Upgrade", ""), 426, upgrade},
		{"no Connection", request("Connection", ""), 426, upgrade},
		{"another Connection", request("Connection", "keep-alive"), 426, upgrade},
		{"no Upgrade", request("Upgrade", ""), 426, upgrade},
		{"another Upgrade", request("Upgrade", "h2c"), 426, upgrade},
		{"no version", request("Sec-WebSocket-Version", ""), 426, upgrade},
		{"version 8", request("Sec-WebSocket-Version", "8"), 426, upgrade},
		{"a list of versions", request("Sec-WebSocket-Version", "8, 13"), 426, upgrade},
		{"two versions", withHeader(request(), "Sec-WebSocket-Version", "8"), 426, upgrade},
		{"HTTP/1.0", withHTTP10(request()), 426, upgrade},
		{"POST", withMethod(request(), http.MethodPost), 405, http.Header{"Allow": {"GET"}}},
		{"HEAD", withMethod(request(), http.MethodHead), 405, http.Header{"Allow": {"GET"}}},
		{"CONNECT, as of RFC 8441", withMethod(request(), http.MethodConnect), 405, http.Header{"Allow": {"GET"}}},
		{"a body", withBody(request(), 5), 400, nil},
		{"a body of unknown length", withBody(request(), -1), 400, nil},
		{"no key", request("Sec-WebSocket-Key", ""), 400, nil},
		{"a short key", request("Sec-WebSocket-Key", "c2hvcnQ="), 400, nil},
		{"a long key", request("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZSBpcyBsb25n"), 400, nil},
		{"a key that is not base64", request("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZ***"), 400, nil},
		{"two keys", withHeader(request(), "Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="), 400, nil},
		{"a foreign origin", request("Origin", "https://evil.example"), 403, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := httptest.NewRecorder()
			expectRefused(t, new(ws.Upgrader), mustNotHijack{w}, tt.request, tt.status)
			answer := w.Result()
			if answer.StatusCode != tt.status {
				t.Errorf("answered with %s, want %d", answer.Status, tt.status)
			}
			for name, want := range tt.header {
				if got := answer.Header[name]; !slices.Equal(got, want) {
					t.Errorf("answered with %s: %q, want %q", name, got, want)
				}
			}
			if text := w.Body.String(); strings.TrimSpace(text) == "" || strings.Count(text, "\n") != 1 {
				t.Errorf("answered with the body %q, want one line", text)
			}
			if got := answer.Header.Get("Connection"); got != "close" {
				t.Errorf("answered with Connection: %q first, want close", got)
			}
			if got := answer.Header.Get("Sec-WebSocket-Accept"); got != "" {
				t.Errorf("answered with Sec-WebSocket-Accept: %q", got)
			}
		})
	}
}

func TestHandshakeBadOptions(t *testing.T) {
	for name, u := range map[string]*ws.Upgrader{
		"SendBuffer":     {Options: ws.Options{SendBuffer: -1}},
		"WriteTimeout":   {Options: ws.Options{WriteTimeout: -1}},
		"CloseTimeout":   {Options: ws.Options{CloseTimeout: -time.Hour}},
		"MaxSessions":    {MaxSessions: -1},
		"MessageTimeout": {Options: ws.Options{MessageTimeout: -1}},
		"ShutdownWindow": {ShutdownWindow: -1},
		"OriginPatterns": {OriginPatterns: []string{"ok", "[bad"}},
	} {
		w := httptest.NewRecorder()
		expectRefused(t, u, mustNotHijack{w}, request(), 500)
		if w.Code != 500 || w.Body.Len() == 0 {
			t.Errorf("%s: answered with %d %q", name, w.Code, w.Body)
		}
	}
}

func TestHandshakeNilArguments(t *testing.T) {
	w := httptest.NewRecorder()
	expectRefused(t, new(ws.Upgrader), w, nil, 500)
	if w.Code != 500 {
		t.Errorf("answered with %d", w.Code)
	}
	expectRefused(t, new(ws.Upgrader), nil, request(), 500)
	expectRefused(t, new(ws.Upgrader), nil, nil, 500)
	expectRefused(t, new(ws.Upgrader), w, new(http.Request), 405)
}

func TestHandshakeNilHeader(t *testing.T) {
	for _, r := range []*http.Request{nil, request(), request("Origin", "null"), withMethod(request(), http.MethodPost)} {
		expectRefused(t, new(ws.Upgrader), mustNotHijack{nilHeaderWriter{httptest.NewRecorder()}}, r, 500)
	}
}

func TestHandshakeWithoutHijacker(t *testing.T) {
	for name, wrap := range map[string]func(http.ResponseWriter) http.ResponseWriter{
		"itself":    func(w http.ResponseWriter) http.ResponseWriter { return w },
		"unwrapped": func(w http.ResponseWriter) http.ResponseWriter { return unwrappingWriter{plainResponseWriter{w}} },
	} {
		w := httptest.NewRecorder()
		expectRefused(t, new(ws.Upgrader), wrap(w), request(), 501)
		if w.Code != 501 || w.Body.Len() == 0 {
			t.Errorf("%s: answered with %d %q", name, w.Code, w.Body)
		}
		if got := w.Result().Header["Connection"]; !slices.Equal(got, []string{"close"}) {
			t.Errorf("%s: answered with Connection: %q", name, got)
		}
		for _, header := range []string{"Upgrade", "Sec-WebSocket-Accept"} {
			if got := w.Result().Header.Get(header); got != "" {
				t.Errorf("%s: answered with %s: %q", name, header, got)
			}
		}
	}
}

func TestHandshakeHijackError(t *testing.T) {
	broken := errors.New("broken")
	_, _, err := ws.Handle(hijackErrorWriter{httptest.NewRecorder(), broken}, request())
	var refused *ws.HandshakeError
	if !errors.As(err, &refused) || refused.Status != 500 || !errors.Is(err, broken) {
		t.Fatalf("Handle returned %v", err)
	}
}

func TestHandshakeOverHTTP2(t *testing.T) {
	refused := make(chan error, 1)
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _, err := ws.Handle(w, r)
		refused <- err
	}))
	srv.EnableHTTP2 = true
	srv.StartTLS()
	defer srv.Close()
	r, err := http.NewRequest(http.MethodGet, srv.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Sec-WebSocket-Version", "13")
	r.Header.Set("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==")
	answer, err := srv.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.ProtoMajor != 2 || answer.StatusCode != 501 {
		t.Fatalf("answered over %s with %s", answer.Proto, answer.Status)
	}
	for _, name := range []string{"Upgrade", "Connection"} { // RFC 9113 §8.2.2: malformed
		if got := answer.Header.Get(name); got != "" {
			t.Errorf("answered over HTTP/2 with %s: %q", name, got)
		}
	}
	var why *ws.HandshakeError
	if err := await(t, refused, "Handle's error"); !errors.As(err, &why) || why.Status != answer.StatusCode {
		t.Fatalf("Handle returned %v for %s", err, answer.Status)
	}
}
