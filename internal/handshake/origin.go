package handshake

import (
	"net/netip"
	"strconv"
	"strings"
)

// origin is where a page comes from, as the Origin header of a browser's request
// says (RFC 6454 §4). Two origins are the same if they are equal by ==. An origin
// without a host, such as that of file://, has only a scheme, and null has not even
// that.
type origin struct {
	scheme string // in lower case
	authority
}

// authority is a host and a port (RFC 3986 §3.2). The zero value is that of an
// origin without a host.
type authority struct {
	name string     // in lower case; "" for an IPv6 literal
	addr netip.Addr // of an IPv6 literal, which can be spelled in several ways
	port string     // a decimal number without leading zeros; "" for none
}

func (a authority) hasHost() bool { return a.name != "" || a.addr.IsValid() }

// parseOrigin parses the value of an Origin header. ok is false if it does not
// have the form that browsers send (RFC 6454 §6.2). A list of several origins,
// which §6.2 allows, is sent by no browser and is not accepted.
func parseOrigin(s string) (o origin, ok bool) {
	if s == "null" {
		return origin{}, true
	}
	scheme, rest, ok := strings.Cut(s, "://")
	if !ok || !isScheme(scheme) {
		return origin{}, false
	}
	o.scheme = strings.ToLower(scheme)
	if rest == "" {
		return o, defaultPort(o.scheme) == ""
	}
	o.authority, ok = parseAuthority(rest)
	if o.port == "" {
		o.port = defaultPort(o.scheme)
	}
	return o, ok
}

// defaultPort returns the port of a scheme's URLs that name none, or "" if the
// scheme has no default port.
func defaultPort(scheme string) string {
	switch scheme {
	case "http", "ws":
		return "80"
	case "https", "wss":
		return "443"
	}
	return ""
}

// parseAuthority parses a host with an optional port.
func parseAuthority(s string) (a authority, ok bool) {
	host := s
	if i := strings.LastIndexByte(s, ':'); i > strings.LastIndexByte(s, ']') {
		host = s[:i]
		if a.port, ok = parsePort(s[i+1:]); !ok {
			return authority{}, false
		}
	}
	if strings.HasPrefix(host, "[") {
		a.addr, ok = parseIPv6(host)
		return a, ok
	}
	a.name = strings.ToLower(host)
	return a, isHost(host)
}

// parsePort parses a decimal number up to 65535 and removes leading zeros.
func parsePort(s string) (port string, ok bool) {
	port = strings.TrimLeft(s, "0")
	if port == "" && s != "" {
		port = "0"
	}
	_, err := strconv.ParseUint(port, 10, 16)
	return port, err == nil
}

// parseIPv6 parses an address in brackets. A zone follows a percent sign, which may
// be escaped as %25 (RFC 6874 §2).
func parseIPv6(s string) (addr netip.Addr, ok bool) {
	s, ok = strings.CutSuffix(s[1:], "]")
	if !ok {
		return netip.Addr{}, false
	}
	if before, zone, escaped := strings.Cut(s, "%25"); escaped {
		s = before + "%" + zone
	}
	addr, err := netip.ParseAddr(s)
	return addr, err == nil && addr.Is6() && (addr.Zone() == "" || isHost(addr.Zone()))
}

// isScheme reports whether s is a scheme (RFC 3986 §3.1).
func isScheme(s string) bool {
	for i := range len(s) {
		if !isAlphanumeric(s[i]) && strings.IndexByte("+-.", s[i]) < 0 {
			return false
		}
	}
	return s != "" && isLetter(s[0])
}

// isHost reports whether s can be the name of a host (RFC 3986 §3.2.2), without
// percent signs and commas, which no host has. Only ASCII is allowed: browsers send
// other names in punycode (RFC 5891 §4.4), and the lower case of a few other letters
// is an ASCII letter.
func isHost(s string) bool {
	for i := range len(s) {
		if !isAlphanumeric(s[i]) && strings.IndexByte("-._~!$&'()*+;=", s[i]) < 0 {
			return false
		}
	}
	return s != ""
}
