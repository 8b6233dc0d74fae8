package handshake

import (
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
)

// checkOrigin returns an error if a browser has made the request for a page that
// may not open a WebSocket here (RFC 6455 §10.2). No other function decides this.
func (o *Options) checkOrigin(r *http.Request) error {
	lines := r.Header["Origin"]
	switch {
	case o.AllowAnyOrigin, len(lines) == 0, len(lines) == 1 && lines[0] == "":
		return nil
	case len(lines) > 1:
		return fmt.Errorf("request has %d Origin headers", len(lines))
	}
	page, ok := parseOrigin(lines[0])
	if !ok {
		return fmt.Errorf("origin %.100q is malformed: it is not a scheme, :// and a host", lines[0])
	}
	if page.isSameOrigin(r) {
		return nil
	}
	for i := range o.Origins {
		if o.Origins[i].matches(page) {
			return nil
		}
	}
	return page.explain(lines[0], r)
}

// isSameOrigin reports whether the origin is the server's own: whether its host
// and port are those of the Host header. Over TLS the page must have been loaded
// over TLS as well: whoever can change a page that was loaded without TLS must not
// have the session. A server without TLS accepts both, because a proxy in front of
// it may end TLS, and the server cannot tell.
func (o origin) isSameOrigin(r *http.Request) bool {
	switch o.scheme {
	case "https", "wss":
	case "http", "ws":
		if r.TLS != nil {
			return false
		}
	default:
		return false
	}
	server, ok := parseAuthority(strings.TrimSuffix(r.Host, ":")) // a port may be empty (RFC 3986 §3.2.3)
	if server.port == "" {
		server.port = defaultPort(o.scheme)
	}
	return ok && server == o.authority
}

// explain returns why an origin is not accepted, with what it was compared with
// and the option that would accept it. text is the origin as the client sent it.
func (o origin) explain(text string, r *http.Request) error {
	over := ""
	if r.TLS != nil {
		over = " over TLS"
	}
	switch {
	case !o.hasHost():
		return fmt.Errorf("origin %.100q has no host, and Upgrader.OriginPatterns does not name it", text)
	case r.TLS != nil && o.withTLS().isSameOrigin(r):
		return fmt.Errorf("origin %.100q is that of the host %.100q but without TLS, and no pattern in Upgrader.OriginPatterns matches it", text, r.Host)
	}
	return fmt.Errorf("origin %.100q is not that of the host %.100q%s, and no pattern in Upgrader.OriginPatterns matches it", text, r.Host, over)
}

// withTLS returns the origin that the page would have if it were loaded over TLS.
func (o origin) withTLS() origin {
	if o.port == defaultPort(o.scheme) {
		o.port = defaultPort("https")
	}
	o.scheme = "https"
	return o
}

// explainHost adds to an error of checkOrigin how to configure a proxy that seems
// to have replaced the client's Host.
func explainHost(r *http.Request, err error) error {
	if !hostReplaced(r) {
		return err
	}
	return fmt.Errorf("%w (a proxy may not pass on the header Host, which is %.100q; in nginx: proxy_set_header Host $http_host)", err, r.Host)
}

// hostReplaced reports whether Host looks like a proxy's name for this server
// rather than the client's: X-Forwarded-Host is another one, or Host is an address
// or a local name while the page comes from a public one.
func hostReplaced(r *http.Request) bool {
	if forwarded := r.Header.Get("X-Forwarded-Host"); forwarded != "" {
		return !strings.EqualFold(forwarded, r.Host)
	}
	page, err := url.Parse(r.Header.Get("Origin"))
	host := (&url.URL{Host: r.Host}).Hostname()
	return err == nil && host != "" && isLocal(host) && !isLocal(page.Hostname())
}

// isLocal reports whether a host is an address or a name without a domain.
func isLocal(host string) bool {
	return net.ParseIP(host) != nil || !strings.Contains(host, ".")
}
