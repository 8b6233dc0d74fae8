package handshake

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// Check returns an error if an option or the URL is invalid. It finds what would
// otherwise fail with an error that shows the URL, or be ignored by net/http.
func (o *DialOptions) Check(rawURL string) error {
	if err := checkURL(rawURL); err != nil {
		return err
	}
	for name := range o.Header {
		if err := checkHeader(http.CanonicalHeaderKey(name)); err != nil {
			return err
		}
	}
	return checkSubprotocols("Dialer.Subprotocols", o.Subprotocols)
}

// checkURL returns an error if a URL is not that of a WebSocket (RFC 6455 §3). Its
// text does not have userinfo and query, which may be secret.
func checkURL(rawURL string) error {
	u, err := url.Parse(rawURL)
	switch {
	case err != nil && strings.Contains(rawURL, "@"): // the reason may have a part of the password
		return errors.New("invalid URL")
	case err != nil:
		var reason *url.Error
		if errors.As(err, &reason) {
			err = reason.Err
		}
		return fmt.Errorf("invalid URL: %w", err)
	case u.Scheme != "ws" && u.Scheme != "wss" && u.Scheme != "http" && u.Scheme != "https":
		return fmt.Errorf("scheme %.20q of the URL is not ws, wss, http or https", u.Scheme)
	case u.Host == "":
		return errors.New("URL has no host")
	case strings.Contains(rawURL, "#"):
		return errors.New("URL has a fragment: write # as %23 (RFC 6455 §3)")
	}
	return nil
}

// checkHeader returns an error if Dialer.Header must not have a header. name is in
// the canonical form.
func checkHeader(name string) error {
	switch {
	case name == "Host":
		return errors.New("header Host in Dialer.Header has no effect: set Dialer.Host")
	case name == protocolHeader:
		return errors.New("Sec-WebSocket-Protocol in Dialer.Header is reserved: set Dialer.Subprotocols")
	case name == "Sec-Websocket-Extensions":
		return errors.New("Sec-WebSocket-Extensions in Dialer.Header is reserved: set Dialer.Compression")
	case name == "Connection", name == "Upgrade", strings.HasPrefix(name, "Sec-Websocket-"):
		return fmt.Errorf("%s in Dialer.Header is reserved for the handshake", name)
	case name == "Content-Length", name == "Transfer-Encoding", name == "Trailer":
		return fmt.Errorf("%s in Dialer.Header describes a body, which the handshake does not have", name)
	}
	return nil
}

// requestHeader returns the headers of the request besides those that
// websocket.Dial sets.
func (o *DialOptions) requestHeader() http.Header {
	h := o.Header.Clone()
	if h == nil {
		h = make(http.Header)
	}
	if o.Extensions != "" {
		h.Set("Sec-WebSocket-Extensions", o.Extensions)
	}
	return h
}
