package handshake

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"strings"
	"sync"
)

// exchange is the RoundTripper of a single Dial. It passes requests on to the
// program's, and takes the connection of a 101 out of the response before
// websocket.Dial sees it.
type exchange struct {
	transport http.RoundTripper
	options   *DialOptions

	// Of the last RoundTrip.
	host     string // of its URL
	conn     *tracedConn
	response *http.Response // as transport returned it, nil for an error

	subprotocol string
	taken       bool // the connection belongs to the caller of Dial
}

// tracedConn is the connection that a request was sent on. A RoundTripper may still
// call GotConn after RoundTrip has returned.
type tracedConn struct {
	mu   sync.Mutex
	conn net.Conn // nil if it is not known
}

func (t *tracedConn) gotConn(info httptrace.GotConnInfo) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.conn = info.Conn // the last one is that of the response: a request may be sent again
}

func (t *tracedConn) get() net.Conn {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.conn
}

// RoundTrip sends a request. A 101 is checked, and returned with an inertBody and
// without extensions, so that websocket.Dial accepts it and leaves the connection
// alone.
func (x *exchange) RoundTrip(req *http.Request) (*http.Response, error) {
	x.host, x.conn, x.response = req.URL.Host, new(tracedConn), nil
	resp, err := x.send(x.traced(req))
	if err != nil || resp == nil {
		return resp, err
	}
	x.response = resp
	if resp.StatusCode != http.StatusSwitchingProtocols {
		return x.withoutLocation(resp), nil
	}
	if x.subprotocol, err = x.options.checkResponse(req, resp); err != nil {
		return nil, &Refusal{Status: resp.StatusCode, Header: resp.Header, Err: err}
	}
	inert := *resp
	inert.Header = resp.Header.Clone()
	inert.Header.Del("Sec-WebSocket-Extensions")
	inert.Body = inertBody{}
	return &inert, nil
}

// traced returns a copy of a request that records its connection. A trace that is in
// the context already is called as well.
func (x *exchange) traced(req *http.Request) *http.Request {
	trace := &httptrace.ClientTrace{GotConn: x.conn.gotConn}
	req = req.Clone(httptrace.WithClientTrace(req.Context(), trace))
	if _, ok := x.transport.(*http.Transport); ok { // others may read the headers, and look for the canonical names
		spellAsRFC(req.Header)
	}
	return req
}

// spellAsRFC changes Sec-Websocket to Sec-WebSocket in the names of headers: some
// servers compare them byte by byte.
func spellAsRFC(h http.Header) {
	for name, lines := range h {
		if rest, ok := strings.CutPrefix(name, "Sec-Websocket-"); ok {
			delete(h, name)
			h["Sec-WebSocket-"+rest] = lines
		}
	}
}

// inertBody takes the place of a connection.
type inertBody struct{}

func (inertBody) Read([]byte) (int, error)    { return 0, io.EOF }
func (inertBody) Write(p []byte) (int, error) { return len(p), nil }
func (inertBody) Close() error                { return nil }

// dialed returns the connection of a 101 that is correct. If it returns an error,
// close closes the connection. The end of ctx closes it as well, since a connection
// that ignores its deadlines would wait for the server.
func (x *exchange) dialed(ctx context.Context) (Dialed, error) {
	d, conn := Dialed{Subprotocol: x.subprotocol}, x.conn.get()
	stop := x.options.closeWhen(ctx, conn)
	var err error
	d.Conn, d.Early, err = x.connection(conn, x.response.Body)
	switch {
	case !stop():
		return Dialed{}, ctx.Err()
	case err != nil:
		return Dialed{}, err
	}
	x.taken = true
	return d, nil
}

// connection returns the connection under a 101 and what has been read of it. conn is
// nil if it is not known.
func (x *exchange) connection(conn net.Conn, body io.ReadCloser) (net.Conn, []byte, error) {
	if under := connUnder(body); under != nil { // GotConn may have been called for another request too
		conn = under
	}
	writable, ok := body.(io.ReadWriteCloser)
	switch {
	case body == nil || body == http.NoBody, conn == nil && !ok:
		return nil, nil, fmt.Errorf("the Transport of the HTTPClient hides the connection: its response 101 has a %T, which cannot be written to", body)
	case conn == nil:
		return &bodyConn{writable, hostAddr(x.host)}, nil, nil
	}
	early, drained, err := drain(conn, body)
	if err != nil {
		return nil, nil, fmt.Errorf("reading behind the response: %w", err)
	}
	if !drained {
		conn = &readThroughConn{conn, body}
	}
	return conn, early, nil
}

// close closes the connection of a 101 that does not become a Dialed.
func (x *exchange) close() {
	if x.taken || x.response == nil || x.response.StatusCode != http.StatusSwitchingProtocols {
		return
	}
	if x.response.Body != nil {
		_ = x.response.Body.Close()
	}
	if conn := x.conn.get(); conn != nil { // the body may be a wrapper that does not close it
		_ = conn.Close()
	}
}

// isTimeout reports whether err is that of an expired deadline.
func isTimeout(err error) bool {
	var timeout net.Error
	return errors.As(err, &timeout) && timeout.Timeout()
}
