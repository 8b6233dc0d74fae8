package ws_test

import (
	"strings"
	"testing"

	"github.com/handset-go/handset/ws"
)

// An origin that is malformed or has no host matches no pattern for hosts.
func TestOriginWithoutHostMatchesNoHost(t *testing.T) {
	blank := []string{" ", "\t", "http://a.example http://a.example", "http://a.example, http://b.example", "null http://a.example", " http://a.example", "http://a.example\x00"}
	for _, patterns := range [][]string{
		nil, {"*"}, {"*:*"}, {"*://*"}, {"*://*:*"}, {"http://*"}, {"*", "a.example", "*.example", "[::1]", "evil.example", "????"},
	} {
		for _, host := range []string{"a.example", "a.example:80", "", "null", "[::1]", "file", "bücher.example", "a.example,b.example"} {
			for _, overTLS := range []bool{false, true} {
				u := &ws.Upgrader{OriginPatterns: patterns}
				for _, origin := range append(blank, notHosts...) {
					if status, text := tryOrigin(u, host, overTLS, origin); status != 403 {
						t.Errorf("patterns %q, host %q, TLS %v: %q was answered with %d %s", patterns, host, overTLS, origin, status, text)
					}
				}
			}
		}
	}
}

func TestOriginTwiceIsRefused(t *testing.T) {
	u := &ws.Upgrader{OriginPatterns: []string{"*", "null"}}
	for _, origins := range [][]string{{"http://a.example", "http://a.example"}, {"", "http://a.example"}, {"http://a.example", ""}, {"null", "null"}, {"", ""}} {
		if status, _ := tryOrigin(u, "a.example", false, origins...); status != 403 {
			t.Errorf("%q were answered with %d", origins, status)
		}
	}
}

func TestOriginPatternsCompareAsRFC6454(t *testing.T) {
	for _, tt := range []struct{ pattern, matches, others string }{
		{"b.example", "http://b.example https://b.example http://b.example:80 https://b.example:443 HTTPS://B.Example:0443 ws://b.example wss://b.example",
			"http://b.example:443 https://b.example:80 http://b.example:8080 http://x.b.example http://bb.example http://b.example. http://b.example.evil capacitor://b.example"},
		{"B.EXAMPLE", "http://b.example", "http://c.example"},
		{"b.example.", "http://b.example.", "http://b.example"},
		{"b.example:443", "https://b.example https://b.example:443 http://b.example:443", "http://b.example https://b.example:444"},
		{"b.example:80", "http://b.example http://b.example:80 https://b.example:80", "https://b.example"},
		{"b.example:0080", "http://b.example", "https://b.example"},
		{"b.example:8080", "http://b.example:8080 https://b.example:8080 https://b.example:08080", "http://b.example https://b.example http://b.example:80"},
		{"b.example:*", "http://b.example https://b.example:444 http://b.example:1", "http://c.example:444"},
		{"b.example:80?0", "http://b.example:8080 http://b.example:8000", "http://b.example http://b.example:80"},
		{"https://b.example", "https://b.example https://b.example:443", "http://b.example http://b.example:443 https://b.example:444 wss://b.example"},
		{"https://b.example:443", "https://b.example https://b.example:443", "http://b.example:443"},
		{"http://b.example:443", "http://b.example:443", "https://b.example http://b.example"},
		{"https://b.example:*", "https://b.example https://b.example:8443", "http://b.example"},
		{"HTTPS://B.example", "https://b.example", "http://b.example"},
		{"http*://b.example", "http://b.example https://b.example", "ws://b.example https://b.example:80"},
		{"*://b.example", "http://b.example app://b.example", "http://b.example:1 app://b.example:1"},
		{"*.b.example", "https://x.b.example https://x.y.b.example", "https://b.example https://xb.example https://x.b.example:8080 https://x.b.example.evil https://.b.example.evil"},
		{"https://*.b.example:8443", "https://x.b.example:8443", "https://x.b.example http://x.b.example:8443"},
		{"b[1-3].example", "http://b2.example", "http://b4.example http://b.example"},
		{"b[^1-3].example", "http://b4.example", "http://b2.example"},
		{"b?.example", "http://b4.example", "http://b.example"},
		{"*", "http://b.example https://b.example:444 http://[::1]:3000 https://xn--bcher-kva.example ws://b.example:1", "capacitor://localhost chrome-extension://abc null file://"},
		{"*:3000", "http://b.example:3000 https://[::1]:3000", "http://b.example"},
		{"https://*", "https://b.example https://b.example:444", "http://b.example"},
		{"localhost", "http://localhost https://localhost", "http://localhost:3000 capacitor://localhost http://localhost.evil.example http://127.0.0.1"},
		{"localhost:3000", "http://localhost:3000", "http://localhost"},
		{"127.0.0.1:3000", "http://127.0.0.1:3000", "http://127.0.0.1 http://[::ffff:127.0.0.1]:3000"},

		{"[::1]:3000", "http://[::1]:3000 https://[::1]:3000 http://[0:0:0:0:0:0:0:1]:3000 http://[0::0001]:3000", "http://1:3000 http://::3000 http://[::1] http://[::2]:3000 http://[::ffff:0:1]:3000"},
		{"[::1]", "http://[::1] https://[::1]:443", "http://1 http://: http://[::1]:3000"},
		{"[0:0::1]", "http://[::1]", "http://0 http://1"},
		{"http://[2001:DB8::A]:80", "http://[2001:db8::a] http://[2001:db8:0:0::a]:80", "https://[2001:db8::a] http://[2001:db8::b]"},
		{"[::ffff:1.2.3.4]", "http://[::ffff:102:304]", "http://1.2.3.4"},
		{"[fe80::1%eth0]:*", "http://[fe80::1%25eth0]:3000 http://[fe80::1%eth0]", "http://[fe80::1]:3000 http://[fe80::1%25eth1]:3000"},
		{"[::1]:*", "http://[::1] http://[::1]:3000", "http://1:3000"},
		{"[a-c].example", "http://b.example", "http://d.example"},

		{"null", "null", "NULL http://null http://b.example file:// data:null"},
		{"NULL", "null", "http://null"},
		{"http://null", "http://null", "null"},
		{"file://", "file:// FILE://", "null file:///x file://host http://file"},
		{"file://*", "file://host", "file:// null"},
		{"app://", "app://", "app://x null file://"},
		{"capacitor://localhost", "capacitor://localhost", "http://localhost capacitor://evil capacitor://localhost:1 ionic://localhost capacitor:// null"},
		{"app://obsidian.md", "app://obsidian.md", "https://obsidian.md"},
		{"chrome-extension://abcdefgh", "chrome-extension://abcdefgh", "chrome-extension://abcdefghi moz-extension://abcdefgh"},
		{"moz-extension://*", "moz-extension://0f5c-11 moz-extension://b_c", "chrome-extension://abc moz-extension://"},
		{"xn--bcher-kva.example", "https://xn--bcher-kva.example", "https://bücher.example"},
		{"a_b.example", "http://a_b.example", "http://a-b.example"},
	} {
		for _, overTLS := range []bool{false, true} {
			u := &ws.Upgrader{OriginPatterns: []string{"other.example", tt.pattern}}
			for _, origin := range strings.Fields(tt.matches) {
				if status, text := tryOrigin(u, "a.example", overTLS, origin); status != 101 {
					t.Errorf("pattern %s, TLS %v: %s was answered with %d %s", tt.pattern, overTLS, origin, status, text)
				}
			}
			for _, origin := range strings.Fields(tt.others) {
				if status, text := tryOrigin(u, "a.example", overTLS, origin); status != 403 {
					t.Errorf("pattern %s, TLS %v: %s was answered with %d %s", tt.pattern, overTLS, origin, status, text)
				}
			}
		}
	}
}

func TestOriginSameAsHost(t *testing.T) {
	for _, tt := range []struct {
		host              string
		plain, tls, never string // own without and with TLS, with TLS alone, and never
	}{
		{"a.example", "http://a.example ws://a.example http://a.example:80", "https://a.example https://a.example:443 wss://a.example HTTPS://A.EXAMPLE",
			"http://a.example:443 https://a.example:80 http://a.example:8080 http://b.example capacitor://a.example chrome-extension://a.example http://a.example. file://a.example"},
		{"A.EXAMPLE:", "http://a.example", "https://a.example", "http://a.example:8080"},
		{"a.example.", "http://a.example.", "https://a.example.", "http://a.example"},
		{"a.example:80", "http://a.example", "https://a.example:80", "https://a.example http://a.example:8080"},
		{"a.example:443", "http://a.example:443", "https://a.example https://a.example:443", "http://a.example"},
		{"a.example:08080", "http://a.example:8080", "https://a.example:8080", "http://a.example https://a.example app://a.example:8080"},
		{"localhost", "http://localhost", "https://localhost", "capacitor://localhost ionic://localhost http://127.0.0.1"},
		{"127.0.0.1:3000", "http://127.0.0.1:3000", "https://127.0.0.1:3000", "http://localhost:3000 http://127.0.0.1"},
		{"[::1]:3000", "http://[::1]:3000 http://[0:0:0:0:0:0:0:1]:3000", "https://[::1]:3000", "http://1:3000 http://[::1] http://[::2]:3000"},
		{"[0::1]", "http://[::1] ws://[::1]:80", "https://[::1]", "http://[::1]:3000"},
		{"[fe80::1%25eth0]:3000", "http://[fe80::1%25eth0]:3000", "https://[fe80::1%25eth0]:3000", "http://[fe80::1]:3000 http://[fe80::1%25eth1]:3000"},
		{"", "", "", "http://a.example http:// null file:// http://:80"},
		{":80", "", "", "http://a.example http://:80"},
		{"null", "http://null", "https://null", "null"},
		{"[::1", "", "", "http://[::1 http://[::1]"},
		{"a.example/x", "", "", "http://a.example http://a.example/x"},
		{"u@a.example", "", "", "http://a.example http://u@a.example"},
		{"k.example", "http://k.example", "https://k.example", "http://\u212A.example https://\u212A.example"}, // whose lower case is k
	} {
		u := new(ws.Upgrader)
		expect := func(origins string, overTLS bool, want int) {
			t.Helper()
			for _, origin := range strings.Fields(origins) {
				if status, text := tryOrigin(u, tt.host, overTLS, origin); status != want {
					t.Errorf("host %q, TLS %v: %s was answered with %d %s, want %d", tt.host, overTLS, origin, status, text, want)
				}
			}
		}
		expect(tt.plain, false, 101)
		expect(tt.plain, true, 403)
		expect(tt.tls, false, 101) // TLS may end at a proxy
		expect(tt.tls, true, 101)
		expect(tt.never, false, 403)
		expect(tt.never, true, 403)
	}
}
