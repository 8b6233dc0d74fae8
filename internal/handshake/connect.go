package handshake

import (
	"bufio"
	"cmp"
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"
)

// connectTimeout is that of a CONNECT request, as in net/http.
const connectTimeout = time.Minute

// httpProxy is an HTTP proxy, over TLS or not, that connects to servers on request by
// CONNECT (RFC 9110 §9.3.6).
type httpProxy struct {
	url       *url.URL
	transport *http.Transport // the program's
	closeWhen func(ctx context.Context, conn net.Conn) (stop func() bool)
}

// isHTTPProxy reports whether a proxy is asked by HTTP. As in net/http, no scheme
// means http, and the others are those of SOCKS.
func isHTTPProxy(proxy *url.URL) bool {
	return proxy != nil && (proxy.Scheme == "" || proxy.Scheme == "http" || proxy.Scheme == "https")
}

// dial returns a connection to the server at addr by way of the proxy. The error is a
// *Refusal if the proxy answers with another status than one of success.
func (p *httpProxy) dial(ctx context.Context, _, addr string) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, connectTimeout)
	defer cancel()
	conn, err := p.connection(ctx)
	if err != nil {
		return nil, proxyError(err)
	}
	stop := p.closeWhen(ctx, conn)
	err = p.connect(ctx, conn, addr)
	if !stop() {
		err = proxyError(ctx.Err())
	}
	if err != nil {
		_ = conn.Close()
		return nil, err
	}
	return conn, nil
}

// proxyError returns an error as net/http does for those of connections to proxies.
func proxyError(err error) error { return &net.OpError{Op: "proxyconnect", Net: "tcp", Err: err} }

// connection connects to the proxy, as an http.Transport does.
func (p *httpProxy) connection(ctx context.Context) (net.Conn, error) {
	if p.url.Scheme != "https" {
		return p.connectionTo(ctx, net.JoinHostPort(p.url.Hostname(), cmp.Or(p.url.Port(), "80")))
	}
	addr := net.JoinHostPort(p.url.Hostname(), cmp.Or(p.url.Port(), "443"))
	if t := p.transport; t.DialTLSContext != nil {
		return notNil(t.DialTLSContext(ctx, "tcp", addr))
		//lint:ignore SA1019 net/http calls it
	} else if t.DialTLS != nil {
		//lint:ignore SA1019 net/http calls it
		return notNil(t.DialTLS("tcp", addr))
	}
	conn, err := p.connectionTo(ctx, addr)
	if err != nil {
		return nil, err
	}
	return p.handshake(ctx, conn)
}

func (p *httpProxy) connectionTo(ctx context.Context, addr string) (net.Conn, error) {
	if t := p.transport; t.DialContext != nil {
		return notNil(t.DialContext(ctx, "tcp", addr))
		//lint:ignore SA1019 net/http calls it
	} else if t.Dial != nil {
		//lint:ignore SA1019 net/http calls it
		return notNil(t.Dial("tcp", addr))
	}
	return new(net.Dialer).DialContext(ctx, "tcp", addr)
}

// notNil returns what a function of the program's has returned.
func notNil(conn net.Conn, err error) (net.Conn, error) {
	if conn == nil && err == nil {
		return nil, errors.New("the Transport's function to dial has returned nil, nil")
	}
	return conn, err
}

// handshake performs the TLS handshake with the proxy, by the configuration that
// net/http uses for it. If it fails, it closes conn.
func (p *httpProxy) handshake(ctx context.Context, conn net.Conn) (net.Conn, error) {
	config := p.transport.TLSClientConfig.Clone()
	if config == nil {
		config = new(tls.Config)
	}
	config.ServerName = cmp.Or(config.ServerName, p.url.Hostname())
	config.NextProtos = nil // HTTP/1.1
	if d := p.transport.TLSHandshakeTimeout; d != 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, d, errors.New("TLS handshake timeout"))
		defer cancel()
	}
	over := tls.Client(conn, config)
	if err := over.HandshakeContext(ctx); err != nil {
		_ = conn.Close()
		return nil, err
	}
	return over, nil
}

// connect asks the proxy for a connection to the server at addr, which conn becomes.
// The bytes behind the response are those of the server, and are not read.
func (p *httpProxy) connect(ctx context.Context, conn net.Conn, addr string) error {
	header, err := p.header(ctx, addr)
	if err != nil {
		return err
	}
	req := &http.Request{Method: http.MethodConnect, URL: &url.URL{Opaque: addr}, Host: addr, Header: header}
	if err := req.Write(conn); err != nil {
		return proxyError(err)
	}
	limited := &io.LimitedReader{R: byteReader{conn}, N: maxHeader(p.transport)}
	resp, err := http.ReadResponse(bufio.NewReader(limited), req)
	switch {
	case err != nil && limited.N <= 0:
		return proxyError(errors.New("response header is too long"))
	case err != nil:
		return proxyError(err)
	}
	if answered := p.transport.OnProxyConnectResponse; answered != nil {
		if err := answered(ctx, p.url, req, resp); err != nil {
			return err
		}
	}
	if resp.StatusCode/100 != 2 {
		return &Refusal{Status: resp.StatusCode, Header: resp.Header, Err: fmt.Errorf("proxy %.100s refuses CONNECT", p.url.Host)}
	}
	return nil
}

// header returns the headers of the CONNECT request.
func (p *httpProxy) header(ctx context.Context, addr string) (h http.Header, err error) {
	h = p.transport.ProxyConnectHeader
	if more := p.transport.GetProxyConnectHeader; more != nil {
		if h, err = more(ctx, p.url, addr); err != nil {
			return nil, err
		}
	}
	if h = h.Clone(); h == nil {
		h = make(http.Header)
	}
	if user := p.url.User; user != nil {
		password, _ := user.Password()
		h.Set("Proxy-Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(user.Username()+":"+password)))
	}
	return h, nil
}

// byteReader reads a single byte at a time, so that a bufio.Reader holds no more than
// the lines that were read of it.
type byteReader struct{ io.Reader }

func (r byteReader) Read(p []byte) (int, error) { return r.Reader.Read(p[:min(len(p), 1)]) }
