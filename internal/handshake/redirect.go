package handshake

import (
	"errors"
	"fmt"
	"net/http"
)

// maxRedirects is the limit of an http.Client without CheckRedirect. websocket.Dial
// sets one, so that the client does not have a limit of its own.
const maxRedirects = 10

var (
	errDowngrade = errors.New("redirect from wss to ws, which is not encrypted")
	errRedirects = fmt.Errorf("stopped after %d redirects", maxRedirects)
)

// redirectPolicy returns the CheckRedirect of the http.Client that Dial uses. program
// is that of the program's, or nil.
func (o *DialOptions) redirectPolicy(program func(*http.Request, []*http.Request) error) func(*http.Request, []*http.Request) error {
	return func(req *http.Request, via []*http.Request) error {
		if via[len(via)-1].URL.Scheme == "https" && req.URL.Scheme == "http" {
			return errDowngrade
		}
		if o.Header.Get("Referer") == "" {
			req.Header.Del("Referer") // net/http sends the query of the URL, which may be secret, to another host
		}
		switch {
		case program != nil:
			return program(req, via)
		case len(via) >= maxRedirects:
			return errRedirects
		}
		return nil
	}
}

// isRedirect reports whether an http.Client follows a response with a Location.
func isRedirect(status int) bool {
	switch status {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		return true
	}
	return false
}

// withoutLocation returns a response that an http.Client does not follow, instead of
// a redirect that it must not or cannot follow. The client would return another error
// for a Location that is not a URL.
func (x *exchange) withoutLocation(resp *http.Response) *http.Response {
	if _, err := resp.Location(); !isRedirect(resp.StatusCode) || x.options.FollowRedirects && err == nil {
		return resp
	}
	final := *resp
	final.Header = resp.Header.Clone()
	final.Header.Del("Location")
	return &final
}

// explainRedirect returns why a redirect is a refusal. It does not quote
// what may be secret.
func (x *exchange) explainRedirect(resp *http.Response) error {
	to, err := resp.Location()
	switch {
	case err == http.ErrNoLocation:
		return errors.New("redirect without a Location")
	case err != nil:
		return errors.New("redirect whose Location is not a URL")
	case x.options.FollowRedirects: // it was not CheckRedirect that failed
		return fmt.Errorf("redirect to %.100q was not followed", to.Scheme+"://"+to.Host+to.Path)
	}
	return fmt.Errorf("redirect to %.100q was not followed: Dialer.FollowRedirects is false", to.Scheme+"://"+to.Host+to.Path)
}
