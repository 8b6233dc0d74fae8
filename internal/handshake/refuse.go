package handshake

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
)

// Refusal is why a handshake failed, and the status that it was answered with.
type Refusal struct {
	Status int
	Err    error
}

// Refuse answers with an error. Over HTTP/1 it is the connection's last answer:
// a client may have sent frames behind its request, in the hope of a 101, and
// they must not be read as another request.
func Refuse(w http.ResponseWriter, r *http.Request, status int, err error) *Refusal {
	h := w.Header()
	dropHandshake(h)
	if r == nil || r.ProtoMajor < 2 { // RFC 9113 §8.2.2
		h.Set("Connection", "close") // alone in its line: net/http does not look further
		if status == http.StatusUpgradeRequired {
			h.Add("Connection", "Upgrade")
			h.Set("Upgrade", "websocket")                  // RFC 9110 §15.5.22
			h["Sec-WebSocket-Version"] = []string{version} // RFC 6455 §4.4
		}
	}
	http.Error(w, err.Error(), status)
	return &Refusal{status, err}
}

// explain tells why Accept has found a request wrong.
func explain(r *http.Request, status int) error {
	switch status {
	case http.StatusUpgradeRequired:
		return explainUpgrade(r)
	case http.StatusBadRequest:
		switch len(r.Header.Values("Sec-WebSocket-Key")) {
		case 0:
			return errors.New("Sec-WebSocket-Key is missing")
		case 1:
			return errors.New("Sec-WebSocket-Key is not 16 bytes in base64")
		}
		return errors.New("more than one Sec-WebSocket-Key")
	}
	return errors.New("not a WebSocket handshake")
}

// explainUpgrade tells a request that is no handshake from one that a proxy has
// made none. Proxies take away what is meant for the next hop only, unless told
// otherwise, and nginx speaks HTTP/1.0 by default.
func explainUpgrade(r *http.Request) error {
	switch {
	case !r.ProtoAtLeast(1, 1):
		return fmt.Errorf("handshake came by %s, which has no Upgrade: if there is a proxy in front, "+
			"have it speak HTTP/1.1 to this server (nginx: proxy_http_version 1.1) and pass on Upgrade and Connection", r.Proto)
	case len(r.Header.Values("Sec-WebSocket-Key"))+len(r.Header.Values("Sec-WebSocket-Version")) == 0:
		return errors.New("not a WebSocket handshake, which has the headers Upgrade: websocket and Connection: Upgrade")
	}
	return fmt.Errorf("handshake has Upgrade: %s and Connection: %s instead of websocket and Upgrade: if there is a proxy in front, have it pass them on "+
		`(nginx: proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection "Upgrade")`, some(r.Header["Upgrade"]), some(r.Header["Connection"]))
}

// some is the beginning of a header's lines. What a client has sent is not for
// the server's log to repeat at any length.
func some(lines []string) string {
	return fmt.Sprintf("%.100q", lines[:min(len(lines), 4)])
}

// explainOrigin adds to the refusal of an origin what to configure if a proxy
// seems to have put another Host in place of the client's. A nil err stays nil.
func explainOrigin(r *http.Request, err error) error {
	if err == nil || !hostReplaced(r) {
		return err
	}
	return fmt.Errorf("%w (the proxy in front does not seem to pass on Host, which is %.100q here; nginx: proxy_set_header Host $http_host)", err, r.Host)
}

// hostReplaced reports whether the Host looks like a proxy's name for this
// server rather than like the client's: a proxy has noted another one, or it is
// an address or a local name, and the page comes from a public one.
func hostReplaced(r *http.Request) bool {
	if forwarded := r.Header.Get("X-Forwarded-Host"); forwarded != "" {
		return !strings.EqualFold(forwarded, r.Host)
	}
	origin, err := url.Parse(r.Header.Get("Origin"))
	here := (&url.URL{Host: r.Host}).Hostname()
	return err == nil && here != "" && isLocal(here) && !isLocal(origin.Hostname())
}

// isLocal reports whether a host is an address or a name without a domain.
func isLocal(host string) bool {
	return net.ParseIP(host) != nil || !strings.Contains(host, ".")
}
