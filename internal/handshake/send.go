package handshake

import "net/http"

// send sends a request by the program's transport. An http.Transport is copied for
// each request, so that it stops connecting when the request has failed: otherwise it
// continues, for other requests, after the context of the request has ended.
func send(transport http.RoundTripper, req *http.Request) (*http.Response, error) {
	program, ok := transport.(*http.Transport)
	if !ok {
		return transport.RoundTrip(req)
	}
	t, err := copyFor(req, program)
	if err != nil {
		return nil, err
	}
	resp, err := t.RoundTrip(req)
	if err != nil {
		t.CloseIdleConnections() // and those that are being made
	}
	return resp, err
}

// copyFor returns a copy of the program's Transport that uses the proxy for req.
func copyFor(req *http.Request, program *http.Transport) (*http.Transport, error) {
	t := program.Clone()
	t.DisableKeepAlives = true
	if program.Proxy == nil {
		return t, nil
	}
	proxy, err := program.Proxy(req)
	if err != nil {
		return nil, err
	}
	t.Proxy = http.ProxyURL(proxy)
	return t, nil
}
