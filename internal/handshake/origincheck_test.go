package handshake

import (
	"net/http"
	"testing"
)

// originChecks are requests that usual patterns accept.
var originChecks = []struct {
	host, origin string
	patterns     []string
}{
	{"www.example.com", "https://www.example.com", nil},
	{"[::1]:3000", "http://[0:0::1]:3000", nil},
	{"api.example.com", "https://www.example.com", []string{"https://example.com", "https://*.example.com"}},
	{"api.example.com", "http://[::1]:3000", []string{"localhost:*", "[::1]:*"}},
	{"api.example.com", "capacitor://localhost", []string{"null", "capacitor://localhost"}},
}

// withOrigins returns options that accept the origins that match patterns.
func withOrigins(t testing.TB, patterns []string) *Options {
	t.Helper()
	origins, err := ParseOriginPatterns(patterns)
	if err != nil {
		t.Fatal(err)
	}
	return &Options{Origins: origins}
}

func TestCheckOriginAllocatesNothing(t *testing.T) {
	for _, c := range originChecks {
		o := withOrigins(t, c.patterns)
		r := &http.Request{Host: c.host, Header: http.Header{"Origin": {c.origin}}}
		var err error
		allocated := testing.AllocsPerRun(100, func() { err = o.checkOrigin(r) })
		if allocated != 0 || err != nil {
			t.Errorf("%s for %s: %.1f allocations, %v", c.origin, c.host, allocated, err)
		}
	}
}

func BenchmarkCheckOrigin(b *testing.B) {
	for _, c := range originChecks {
		b.Run(c.origin, func(b *testing.B) {
			o := withOrigins(b, c.patterns)
			r := &http.Request{Host: c.host, Header: http.Header{"Origin": {c.origin}}}
			b.ReportAllocs()
			for b.Loop() {
				if err := o.checkOrigin(r); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
