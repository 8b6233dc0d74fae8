package ws_test

import (
	"net"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/handset-go/handset/ws"
)

// naivePatterns are patterns for origins and what they mean, for an origin with
// its port written out.
var naivePatterns = []struct{ pattern, means string }{
	{"*.example.org", `(http|ws)://[^/:]*\.example\.org:80|(https|wss)://[^/:]*\.example\.org:443`},
	{"http://plain.example.org", `http://plain\.example\.org:80`},
	{"https://b.example:443", `https://b\.example:443`},
	{"b.example:8080", `(https?|wss?)://b\.example:8080`},
	{"[::1]:3000", `(https?|wss?)://\[::1\]:3000`},
	{"localhost:*", `(https?|wss?)://localhost:\d+`},
	{"capacitor://localhost", `capacitor://localhost`},
	{"null", `null`},
	{"file://", `file://`},
	{"moz-extension://*", `moz-extension://[^/:]+`},
}

// naiveOrigin writes an origin with its port, as net/url reads it. ok is false
// if it is not an origin.
func naiveOrigin(s string) (text string, ok bool) {
	if s == "null" {
		return s, true
	}
	u, err := url.Parse(s)
	if err != nil || strings.ContainsAny(s, "?#@\\") || u.Path != "" || u.Opaque != "" {
		return "", false
	}
	port := map[string]string{"http": "80", "ws": "80", "https": "443", "wss": "443"}[u.Scheme]
	if u.Host == "" {
		return u.Scheme + "://", u.Scheme != "" && port == "" && strings.EqualFold(s, u.Scheme+"://")
	}
	host, ok := naiveHost(u, port)
	return u.Scheme + "://" + host, ok && u.Scheme != ""
}

// naiveHost writes a URL's host and port, if it has one or there is a default.
func naiveHost(u *url.URL, port string) (text string, ok bool) {
	host := strings.ToLower(u.Hostname())
	if strings.HasPrefix(u.Host, "[") {
		ip := net.ParseIP(host)
		if ip == nil || !strings.Contains(host, ":") {
			return "", false
		}
		host = "[" + ip.String() + "]"
	} else if host == "" || strings.ContainsFunc(u.Hostname(), func(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune("%,:<>[]^|\"", r) }) {
		return "", false
	}
	if u.Port() != "" {
		n, err := strconv.ParseUint(u.Port(), 10, 16)
		if err != nil {
			return "", false
		}
		port = strconv.FormatUint(n, 10)
	}
	if port != "" {
		host += ":" + port
	}
	return host, !strings.HasSuffix(u.Host, ":")
}

// naivelyAllowed decides about a request's origin.
func naivelyAllowed(u *ws.Upgrader, r *http.Request) bool {
	origins := r.Header.Values("Origin")
	if len(origins) == 0 || len(origins) == 1 && origins[0] == "" {
		return true
	}
	origin, ok := naiveOrigin(origins[0])
	if !ok || len(origins) > 1 {
		return false
	}
	for _, p := range naivePatterns {
		if slices.Contains(u.OriginPatterns, p.pattern) && regexp.MustCompile(`^(?:`+p.means+`)$`).MatchString(origin) {
			return true
		}
	}
	own := []string{"https", "wss"}
	if r.TLS == nil {
		own = append(own, "http", "ws")
	}
	return slices.ContainsFunc(own, func(scheme string) bool {
		server, ok := naiveOrigin(scheme + "://" + strings.TrimSuffix(r.Host, ":"))
		return ok && r.Host != "" && server == origin
	})
}

// FuzzOrigin has Handle decide about an origin as the naive checker does. And no
// pattern of any kind may admit an origin that has no host, but by its text.
func FuzzOrigin(f *testing.F) {
	for i, host := range []string{"a.example", "a.example:8080", "[::1]:3000", "", "A.Example:443", "localhost", "null"} {
		for _, origin := range notHosts {
			f.Add(origin, host, "*", uint16(i*1111), i%2 == 0)
		}
		for _, origin := range []string{"", "http://" + host, "https://" + host, "ws://" + host, "HTTPS://x.EXAMPLE.org", "http://b.example:08080",
			"http://[0:0:0:0:0:0:0:1]:3000", "capacitor://localhost", "moz-extension://a-b", "http://localhost:65535", "https://b.example:443"} {
			f.Add(origin, host, "", uint16(0xFFFF), i%2 == 0)
			f.Add(origin, host, "*.example", uint16(i*999), i%2 == 1)
		}
	}
	for _, pattern := range []string{"[::1]:*", "https://*.b.example:8443", "[a-c].example", "*://*:*", "file://*", "a.example/", "b[^1].example", "http*://???:8?"} {
		f.Add("http://b.example", "a.example", pattern, uint16(0), false)
	}
	f.Fuzz(func(t *testing.T, origin, host, pattern string, which uint16, overTLS bool) {
		if strings.Contains(origin+host, "%") {
			return // net/url treats zones differently
		}
		u := new(ws.Upgrader)
		for i, p := range naivePatterns {
			if which&(1<<i) != 0 {
				u.OriginPatterns = append(u.OriginPatterns, p.pattern)
			}
		}
		r := &http.Request{Host: host, Header: http.Header{"Origin": {origin}}}
		if overTLS {
			r = withTLS(r)
		}
		status, text := tryOrigin(u, host, overTLS, origin)
		if want := naivelyAllowed(u, r); status != 101 && status != 403 || (status == 101) != want {
			t.Fatalf("%q for %q with %q, TLS %v, was answered with %d %s, and the naive checker says %v", origin, host, u.OriginPatterns, overTLS, status, text, want)
		}
		u = &ws.Upgrader{OriginPatterns: []string{pattern}}
		if status, _ := tryOrigin(u, host, overTLS, origin); status != 101 {
			return
		}
		naive, ok := naiveOrigin(origin)
		switch {
		case origin == "":
		case !ok:
			t.Errorf("pattern %q: %q is no origin and was accepted", pattern, origin)
		case naive == "null" || strings.HasSuffix(naive, "://"):
			if !strings.EqualFold(pattern, origin) {
				t.Errorf("pattern %q: %q has no host and was accepted", pattern, origin)
			}
		case !strings.ContainsAny(pattern, "*?[") && !naivelyAllowed(new(ws.Upgrader), r): // the pattern is an origin
			if scheme, _, _ := strings.Cut(naive, "://"); !strings.Contains(pattern, "://") {
				pattern = scheme + "://" + pattern
			}
			if only, _ := naiveOrigin(pattern); only != naive {
				t.Errorf("pattern %q: %q was accepted", pattern, origin)
			}
		}
	})
}
