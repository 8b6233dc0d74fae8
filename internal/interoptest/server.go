package interoptest

import (
	"context"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/handset-go/handset/ws"
)

// A Server is another library's server.
type Server struct {
	*Role
	Peer, Way string
	URL       string        // without a path; of scheme ws or wss
	Client    *http.Client  // nil means http.DefaultClient; its Transport is an *http.Transport
	Reports   <-chan Report // of the connections that have ended
}

// Run connects to the server for each step, in subtests.
func (s *Server) Run(t *testing.T) {
	run(t, &other{Role: s.Role, name: s.Peer, way: s.Way, reports: s.Reports, open: s.open})
}

func (s *Server) open(c *call, set settings) (err error) {
	transport := s.transport(c.t)
	dial := transport.DialContext
	if dial == nil {
		dial = new(net.Dialer).DialContext
	}
	transport.DialContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := dial(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		c.conn = conn
		if set.watched {
			c.eof = &eofWatch{tls: strings.HasPrefix(s.URL, "wss:")}
			conn = watchedConn{conn, c.eof}
		}
		return conn, nil
	}
	answer := &answerRecorder{next: transport}
	d := &ws.Dialer{Options: set.options, Compression: set.compression, HTTPClient: &http.Client{Transport: answer}}
	if set.subprotocol {
		d.Subprotocols = []string{"other.protocol", Subprotocol}
		d.Header = http.Header{"Authorization": {"Bearer 42"}, "X-Handset": {"héllo"}}
		d.HTTPClient.Jar = cookies(c.t, s.URL)
	}
	c.session, c.stream, err = d.Dial(c.ctx, s.URL+c.url)
	c.extensions = answer.extensions
	return err
}

// transport returns a copy of the Transport of the server's client.
func (s *Server) transport(t *testing.T) *http.Transport {
	base := http.DefaultTransport
	if s.Client != nil && s.Client.Transport != nil {
		base = s.Client.Transport
	}
	transport := base.(*http.Transport).Clone()
	t.Cleanup(transport.CloseIdleConnections)
	return transport
}

// answerRecorder records the answer to an offer of compression.
type answerRecorder struct {
	next       http.RoundTripper
	extensions string
}

func (a *answerRecorder) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := a.next.RoundTrip(r)
	if err == nil {
		a.extensions = response.Header.Get("Sec-WebSocket-Extensions")
	}
	return response, err
}
