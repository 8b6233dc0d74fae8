package handshake

import (
	"fmt"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
)

// origin is where a page comes from, as the Origin header of its requests says
// (RFC 6454 §4). Origins are the same if they are equal. One without a host has
// nothing but a scheme, such as that of file://, and null has not even that.
type origin struct {
	scheme string // in lower case
	authority
}

// authority is a host and a port (RFC 3986 §3.2).
type authority struct {
	name string     // in lower case; "" for an IPv6 literal
	addr netip.Addr // of an IPv6 literal, however it is spelled
	port string     // a decimal without leading zeros; "" for none
}

// hasHost reports whether there is a host.
func (a authority) hasHost() bool { return a.name != "" || a.addr.IsValid() }

// checkOrigin refuses a request that a browser has made for a page that may not
// open sessions (RFC 6455 §10.2). It is the only place that decides that.
func (o *Options) checkOrigin(r *http.Request) error {
	lines := r.Header["Origin"]
	switch {
	case o.AllowAnyOrigin, len(lines) == 0, len(lines) == 1 && lines[0] == "":
		return nil
	case len(lines) > 1:
		return fmt.Errorf("request has %d Origin headers", len(lines))
	}
	from, ok := parseOrigin(lines[0])
	if !ok {
		return fmt.Errorf("origin %.100q is malformed: it is not a scheme, :// and a host", lines[0])
	}
	if from.isOf(r) {
		return nil
	}
	for i := range o.Origins {
		if o.Origins[i].matches(from) {
			return nil
		}
	}
	return from.refused(lines[0], r)
}

// refused says why an origin is not accepted, and what to do if it should be.
func (o origin) refused(text string, r *http.Request) error {
	over := ""
	if r.TLS != nil {
		over = " over TLS"
	}
	switch {
	case !o.hasHost():
		return fmt.Errorf("origin %.100q has no host, and Upgrader.OriginPatterns does not name it", text)
	case r.TLS != nil && o.overTLS().isOf(r):
		return fmt.Errorf("origin %.100q is that of the host %.100q but without TLS, and no pattern in Upgrader.OriginPatterns matches it", text, r.Host)
	}
	return fmt.Errorf("origin %.100q is not that of the host %.100q%s, and no pattern in Upgrader.OriginPatterns matches it", text, r.Host, over)
}

// overTLS is the origin that a page loaded over TLS would have.
func (o origin) overTLS() origin {
	if o.port == defaultPort(o.scheme) {
		o.port = defaultPort("https")
	}
	o.scheme = "https"
	return o
}

// isOf reports whether the origin is that of the server itself: its host and
// port are those of the Host header. Over TLS the page must have come by TLS as
// well, since whoever can change one that came in clear must not have the
// session. A server without TLS may be behind a proxy that ends it, and cannot
// tell.
func (o origin) isOf(r *http.Request) bool {
	switch o.scheme {
	case "https", "wss":
	case "http", "ws":
		if r.TLS != nil {
			return false
		}
	default:
		return false
	}
	server, ok := parseAuthority(strings.TrimSuffix(r.Host, ":")) // RFC 3986 §3.2.3: a port may be empty
	if server.port == "" {
		server.port = defaultPort(o.scheme)
	}
	return ok && server == o.authority
}

// parseOrigin reads the value of an Origin header. ok is false if it is not
// what RFC 6454 §6.2 has a browser write: a list of origins, for one thing, is
// nothing that a browser sends.
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

// defaultPort is the port of a scheme's URLs that name none, "" if there is no
// such port.
func defaultPort(scheme string) string {
	switch scheme {
	case "http", "ws":
		return "80"
	case "https", "wss":
		return "443"
	}
	return ""
}

// parseAuthority reads a host, and a port if there is a colon.
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

// parsePort reads a decimal up to 65535.
func parsePort(s string) (port string, ok bool) {
	port = strings.TrimLeft(s, "0")
	if port == "" && s != "" {
		port = "0"
	}
	_, err := strconv.ParseUint(port, 10, 16)
	return port, err == nil
}

// parseIPv6 reads an address in brackets. A zone may follow a percent sign, or
// one that is escaped (RFC 6874 §2).
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

// isHost reports whether s may be the name of a host (RFC 3986 §3.2.2), without
// percent signs and commas, which are in none. Browsers send names in punycode
// (RFC 5891 §4.4), which is ASCII. Other letters are not allowed, as the lower
// case of some is an ASCII letter.
func isHost(s string) bool {
	for i := range len(s) {
		if !isAlphanumeric(s[i]) && strings.IndexByte("-._~!$&'()*+;=", s[i]) < 0 {
			return false
		}
	}
	return s != ""
}

func isAlphanumeric(c byte) bool { return isLetter(c) || isDigit(c) }
func isLetter(c byte) bool       { return c|0x20 >= 'a' && c|0x20 <= 'z' }
func isDigit(c byte) bool        { return c >= '0' && c <= '9' }
