// Package proxy has the program of the guide to proxies.
package proxy

import (
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// ClientAddress returns the address of the client of a request that a trusted proxy
// may have passed on. The proxy has set or added the last element of X-Forwarded-For;
// the elements before it come from the client, which may have invented them.
func ClientAddress(r *http.Request, trusted netip.Prefix) netip.Addr {
	host, _, _ := net.SplitHostPort(r.RemoteAddr)
	peer, err := netip.ParseAddr(host)
	if err != nil || !trusted.Contains(peer.Unmap()) {
		return peer
	}
	forwarded := r.Header.Values("X-Forwarded-For")
	if len(forwarded) == 0 {
		return peer
	}
	elements := strings.Split(forwarded[len(forwarded)-1], ",")
	if client, err := netip.ParseAddr(strings.TrimSpace(elements[len(elements)-1])); err == nil {
		return client
	}
	return peer
}
