package ws_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/handset-go/handset/ws"
)

// A pattern that no origin can match is an option error.
func TestOriginBadPattern(t *testing.T) {
	for pattern, says := range map[string]string{
		"":                      "is empty",
		" ":                     "space",
		" a.example":            "space",
		"a.example ":            "space",
		"a.example\n":           "space",
		"a.example\x00":         "control",
		"a.example b.example":   "space",
		"a.example\u00a0":       "space",
		"a.example,b.example":   "comma",
		"bücher.example":        "punycode",
		"https://bücher.exam":   "punycode",
		"\u212A.example":        "punycode",
		"a.example/":            "slash",
		"https://a.example/":    "slash",
		"file:///":              "slash",
		"https://a.example/x":   "path",
		"a.example/*":           "path",
		"//a.example":           "path",
		"https:/a.example":      "path",
		"https://a.example?x=1": `"="`,
		"https://a.example/?x":  "path",
		"https://a.example#x":   `"#"`,
		"https://u@a.example":   "user",
		"u:p@a.example":         "user",
		"a.example:":            "port",
		"a.example:x":           "port",
		"a.example:65536":       "port",
		"a.example:-1":          "port",
		"a.example:80x":         "port",
		"a.example:[8":          "port",
		"https://a.example:":    "port",
		"[::1]:":                "port",
		"a.example:80:80":       "colon",
		"::1":                   "colon",
		"http://fe80::1":        "colon",
		"[::1":                  "colon",
		"[::1]3000":             "colon",
		"[::g]":                 "IPv6",
		"[::*]:3000":            "IPv6",
		"[1:2]":                 "IPv6",
		"[fe80::1%]":            "IPv6",
		"[bad":                  "path.Match",
		"a[":                    "path.Match",
		"a[]b":                  "path.Match",
		"[^]":                   "path.Match",
		":3000":                 "host",
		"https://":              "host",
		"https://:443":          "host",
		"*://":                  "host",
		"://a.example":          "scheme",
		"ht_tp://a.example":     "scheme",
		"[a://a.example":        "scheme",
		"^https://a.example":    "scheme",
		"data:text/html":        "path",
		"data:x":                "port",
		"about:blank":           "port",
		"file:":                 "port",
		".example.com":          "*.example.com",
		"a..example":            "dot",
		`a\.example`:            `"\\"`,
		"^a.example$":           `"^"`,
		"a.example$":            `"$"`,
		"(a|b).example":         `"("`,
		"a%2eexample":           `"%"`,
	} {
		t.Run(fmt.Sprintf("%q", pattern), func(t *testing.T) {
			for _, u := range []*ws.Upgrader{
				{OriginPatterns: []string{pattern}},
				{OriginPatterns: []string{"ok.example", pattern, "*"}},
				{OriginPatterns: []string{pattern}, AllowAnyOrigin: true},
			} {
				for range 2 { // the second time it is remembered
					w := httptest.NewRecorder()
					r := request("Origin", "http://example.com")
					expectRefused(t, u, mustNotHijack{w}, r, 500)
					text := w.Body.String()
					if w.Code != 500 || !strings.Contains(text, fmt.Sprintf("%q", pattern)) || !strings.Contains(text, "Upgrader.OriginPatterns") || !strings.Contains(text, says) {
						t.Errorf("answered with %d %s which should name the pattern and say %q", w.Code, text, says)
					}
				}
			}
		})
	}
}

// A list split from an empty string is an option error.
func TestOriginEmptyPattern(t *testing.T) {
	for _, list := range []string{"", "a.example,", ",a.example", "a.example,,b.example", "a.example, b.example"} {
		for _, origin := range []string{"null", "file://", "data:text/html,x", "evil.example", "https://evil.example", "https://a.example", ""} {
			u := &ws.Upgrader{OriginPatterns: strings.Split(list, ",")}
			if status, text := tryOrigin(u, "example.com", false, origin); status != 500 {
				t.Errorf("%q: %s was answered with %d %s", list, origin, status, text)
			}
		}
	}
}

func TestOriginRefusalNamesHostAndPatterns(t *testing.T) {
	for _, tt := range []struct {
		origin  string
		overTLS bool
		says    []string
	}{
		{"https://evil.example:8443", false, []string{`"https://evil.example:8443"`, `"www.example.com:8080"`, "OriginPatterns"}},
		{"http://www.example.com:8080", true, []string{`"http://www.example.com:8080"`, `"www.example.com:8080"`, "without TLS", "OriginPatterns"}},
		{"http://own.example", true, []string{`"http://own.example"`, "without TLS", "OriginPatterns"}},
		{"ws://own.example:80", true, []string{`"ws://own.example:80"`, "without TLS", "OriginPatterns"}},
		{"https://evil.example", true, []string{`"https://evil.example"`, `"www.example.com:8080"`, "over TLS", "OriginPatterns"}},
		{"capacitor://localhost", false, []string{`"capacitor://localhost"`, `"www.example.com:8080"`, "OriginPatterns"}},
		{"null", false, []string{`"null"`, "no host", "OriginPatterns"}},
		{"file://", false, []string{`"file://"`, "no host", "OriginPatterns"}},
		{"evil.example", false, []string{`"evil.example"`, "malformed"}},
		{"http://evil.example\r\nx", false, []string{`"http://evil.example\r\nx"`}},
	} {
		host := "www.example.com:8080"
		if strings.Contains(tt.origin, "own.example") {
			host = "own.example"
		}
		status, text := tryOrigin(&ws.Upgrader{OriginPatterns: []string{"other.example"}}, host, tt.overTLS, tt.origin)
		if status != 403 {
			t.Errorf("%s was answered with %d", tt.origin, status)
		}
		for _, says := range tt.says {
			if !strings.Contains(text, says) {
				t.Errorf("%s was refused with %q, which does not contain %s", tt.origin, text, says)
			}
		}
	}
	if _, text := tryOrigin(new(ws.Upgrader), strings.Repeat("h", 1<<16), false, "http://"+strings.Repeat("o", 1<<16)); len(text) > 500 {
		t.Errorf("a long origin is refused with %d bytes", len(text))
	}
}

// What SECURITY.md says of DNS rebinding: the check passes, and a host in the
// pattern of http.ServeMux prevents it.
func TestOriginDNSRebinding(t *testing.T) {
	u := new(ws.Upgrader)
	if status, text := tryOrigin(u, "rebound.example:8080", false, "http://rebound.example:8080"); status != 101 {
		t.Errorf("answered with %d %s", status, text)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("tool.example/chat", func(w http.ResponseWriter, r *http.Request) { _, _, _ = u.Handle(w, r) })
	for host, want := range map[string]int{"tool.example:8080": 403, "rebound.example:8080": 404} {
		w := httptest.NewRecorder()
		r := request("Origin", "http://rebound.example:8080")
		r.Host = host
		if mux.ServeHTTP(mustNotHijack{w}, r); w.Code != want {
			t.Errorf("%s was answered with %d, want %d", host, w.Code, want)
		}
	}
}
