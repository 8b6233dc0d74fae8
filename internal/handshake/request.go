package handshake

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
)

// version is the only version of the protocol (RFC 6455 §4.1).
const version = "13"

// IsUpgrade reports whether a request asks for a WebSocket: whether its
// Connection header lists "upgrade" and its Upgrade header "websocket", in any
// case and in any of several lines (RFC 6455 §4.2.1). It is false for nil.
func IsUpgrade(r *http.Request) bool {
	return r != nil && containsToken(r.Header["Connection"], "upgrade") && containsToken(r.Header["Upgrade"], "websocket")
}

// checkRequest checks what websocket.Accept does not check or checks less
// strictly. If something is wrong, it returns the status to answer with and an
// error. It may set headers of w for that answer.
func (o *Options) checkRequest(w http.ResponseWriter, r *http.Request) (status int, err error) {
	switch {
	case r.ProtoMajor > 1: // where Upgrade is not even allowed in the answer (RFC 9113 §8.2.2)
		return http.StatusNotImplemented, fmt.Errorf("%s has no Upgrade, so that %T cannot be hijacked: WebSockets need HTTP/1.1", r.Proto, innermost(w))
	case r.Method != http.MethodGet:
		w.Header().Set("Allow", http.MethodGet)
		return http.StatusMethodNotAllowed, errors.New("handshake method is not GET")
	case r.ContentLength != 0: // a body would be read as frames
		return http.StatusBadRequest, errors.New("handshake has a body")
	case len(r.Header.Values("Upgrade")) > 0 && !slices.Equal(r.Header.Values("Sec-WebSocket-Version"), []string{version}):
		return http.StatusUpgradeRequired, errors.New("WebSocket version is not " + version)
	case !IsUpgrade(r): // Accept also takes non-ASCII letters and spaces for ASCII ones
		return http.StatusUpgradeRequired, explainUpgrade(r)
	}
	if err := o.checkOrigin(r); err != nil {
		return http.StatusForbidden, explainHost(r, err)
	}
	return 0, nil
}

// explainStatus returns why websocket.Accept refuses a request with status.
func explainStatus(r *http.Request, status int) error {
	switch status {
	case http.StatusUpgradeRequired:
		return explainUpgrade(r)
	case http.StatusBadRequest:
		return explainKey(r)
	}
	return errors.New("not a WebSocket handshake")
}

func explainKey(r *http.Request) error {
	switch len(r.Header.Values("Sec-WebSocket-Key")) {
	case 0:
		return errors.New("Sec-WebSocket-Key is missing")
	case 1:
		return errors.New("Sec-WebSocket-Key is not 16 bytes in base64")
	}
	return errors.New("more than one Sec-WebSocket-Key")
}

// explainUpgrade returns why IsUpgrade is false or the HTTP version is too low. It
// tells an ordinary request from a handshake that a proxy has changed: a proxy
// removes Connection and Upgrade, which are for the next hop only, unless it is
// configured to pass them on, and nginx speaks HTTP/1.0 by default.
func explainUpgrade(r *http.Request) error {
	switch {
	case !r.ProtoAtLeast(1, 1):
		return fmt.Errorf("handshake was sent over %s, which has no Upgrade: a proxy must use HTTP/1.1 "+
			"(in nginx: proxy_http_version 1.1) and pass on the headers Upgrade and Connection", r.Proto)
	case len(r.Header.Values("Sec-WebSocket-Key"))+len(r.Header.Values("Sec-WebSocket-Version")) == 0:
		return errors.New("not a WebSocket handshake, which has the headers Upgrade: websocket and Connection: Upgrade")
	}
	return fmt.Errorf("handshake has Upgrade: %s and Connection: %s instead of websocket and Upgrade: a proxy must pass them on "+
		`(in nginx: proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection "Upgrade")`, quote(r.Header["Upgrade"]), quote(r.Header["Connection"]))
}

// quote returns the first four lines of a header, each cut to 100 characters, so
// that a client does not decide how much the server logs.
func quote(lines []string) string {
	return fmt.Sprintf("%.100q", lines[:min(len(lines), 4)])
}
