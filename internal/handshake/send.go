package handshake

import (
	"context"
	"net"
	"net/http"
)

// send sends a request by the program's Transport. An http.Transport is copied for
// each request. The copy asks HTTP proxies for a connection by CONNECT also if the
// URL is not https, as RFC 6455 §4.1 requires: an http.Transport itself would send a
// request to forward, whose Upgrade many proxies remove. And the copy stops
// connecting when the request has failed: an http.Transport itself continues, for
// other requests, after the context of the request has ended. Also, less of the header
// of a response is read by default.
func (x *exchange) send(req *http.Request) (*http.Response, error) {
	program, ok := x.transport.(*http.Transport)
	if !ok {
		return x.transport.RoundTrip(req)
	}
	t, err := x.options.copyFor(req, program)
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
func (o *DialOptions) copyFor(req *http.Request, program *http.Transport) (*http.Transport, error) {
	t := program.Clone()
	t.DisableKeepAlives = true
	t.MaxResponseHeaderBytes = maxHeader(program)
	if program.Proxy == nil {
		return t, nil
	}
	proxy, err := program.Proxy(req)
	if err != nil {
		return nil, err
	}
	t.Proxy = http.ProxyURL(proxy)
	if isHTTPProxy(proxy) {
		t.Proxy = nil
		t.DialContext = (&httpProxy{proxy, program, o.closeWhen}).dial
		t.DialTLSContext = nil // only for connections to the proxy
		//lint:ignore SA1019 net/http calls it
		t.DialTLS = nil
	}
	return t, nil
}

// maxHeader is the limit of the header of a response. The default of an http.Transport
// is 10 MiB, which is a lot for a server to fill that is not trusted.
func maxHeader(t *http.Transport) int64 {
	if t.MaxResponseHeaderBytes > 0 {
		return t.MaxResponseHeaderBytes
	}
	return http.DefaultMaxHeaderBytes
}

// closeWhen is CloseWhen, or what stands for nil.
func (o *DialOptions) closeWhen(ctx context.Context, conn net.Conn) (stop func() bool) {
	if o.CloseWhen == nil || conn == nil {
		return func() bool { return ctx.Err() == nil }
	}
	return o.CloseWhen(ctx, conn)
}
