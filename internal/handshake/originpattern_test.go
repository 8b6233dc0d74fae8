package handshake

import (
	"strings"
	"testing"
)

func TestOriginPatternMatches(t *testing.T) {
	for _, tt := range []struct {
		pattern      string
		matches, not string // origins, separated by blanks
	}{
		{"example.com", "https://example.com http://EXAMPLE.com:80 wss://example.com", "https://example.com:8443 https://a.example.com app://example.com https://example.com."},
		{"*.example.com", "https://a.example.com https://a.b.example.com", "https://example.com https://a.example.com:8443"},
		{"https://example.com", "https://example.com https://example.com:443", "http://example.com wss://example.com"},
		{"example.com:8080", "http://example.com:8080 https://example.com:08080", "http://example.com"},
		{"example.com:443", "https://example.com", "http://example.com"},
		{"localhost:*", "http://localhost http://localhost:3000", "http://localhost.example"},
		{"[::1]:3000", "http://[::1]:3000 http://[0:0::1]:3000", "http://[::1] http://[::2]:3000"},
		{"[a-c].example", "https://b.example", "https://d.example"},
		{"capacitor://localhost", "capacitor://localhost", "http://localhost capacitor://localhost:1"},
		{"*", "https://example.com:8443 ws://[::1]", "null file:// capacitor://localhost"},
		{"*://*", "capacitor://localhost https://example.com:8443", "null file://"},
		{"null", "null", "file:// https://null"},
		{"file://", "file://", "null"},
	} {
		t.Run(tt.pattern, func(t *testing.T) {
			patterns, err := ParseOriginPatterns([]string{tt.pattern})
			if err != nil {
				t.Fatal(err)
			}
			check := func(text string, want bool) {
				o, ok := parseOrigin(text)
				if got := patterns[0].matches(o); !ok || got != want {
					t.Errorf("matches %s: %v, want %v (parsed: %v)", text, got, want, ok)
				}
			}
			for _, text := range strings.Fields(tt.matches) {
				check(text, true)
			}
			for _, text := range strings.Fields(tt.not) {
				check(text, false)
			}
		})
	}
}

// ParseOriginPatterns names the first invalid pattern.
func TestParseOriginPatternsInvalid(t *testing.T) {
	patterns, err := ParseOriginPatterns([]string{"a.example", "b.example/", ""})
	const want = `pattern "b.example/" in Upgrader.OriginPatterns ends with a slash: an origin ends with its host or port`
	if patterns != nil || err == nil || err.Error() != want {
		t.Errorf("ParseOriginPatterns returned %v, %v, want the error %q", patterns, err, want)
	}
}
