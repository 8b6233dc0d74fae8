package proxy

import (
	"net/http/httptest"
	"net/netip"
	"testing"
)

func TestClientAddress(t *testing.T) {
	trusted := netip.MustParsePrefix("10.0.0.0/8")
	for _, test := range []struct {
		name, peer string
		forwarded  []string
		want       string
	}{
		{"no proxy", "192.0.2.7:1234", nil, "192.0.2.7"},
		{"no proxy, and an invented header", "192.0.2.7:1234", []string{"203.0.113.1"}, "192.0.2.7"},
		{"the proxy", "10.1.2.3:80", []string{"192.0.2.7"}, "192.0.2.7"},
		{"the proxy, and an invented element", "10.1.2.3:80", []string{"203.0.113.1, 192.0.2.7"}, "192.0.2.7"},
		{"the proxy, and an invented header", "10.1.2.3:80", []string{"203.0.113.1", "192.0.2.7"}, "192.0.2.7"},
		{"the proxy over IPv6", "[::ffff:10.1.2.3]:80", []string{"2001:db8::1"}, "2001:db8::1"},
		{"the proxy without the header", "10.1.2.3:80", nil, "10.1.2.3"},
		{"the proxy with nonsense", "10.1.2.3:80", []string{"unknown"}, "10.1.2.3"},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := httptest.NewRequest("GET", "/", nil)
			r.RemoteAddr, r.Header["X-Forwarded-For"] = test.peer, test.forwarded
			if got := ClientAddress(r, trusted); got != netip.MustParseAddr(test.want) {
				t.Errorf("got %v, want %s", got, test.want)
			}
		})
	}
}
