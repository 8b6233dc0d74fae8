package interoptest

import (
	"bufio"
	"bytes"
	"context"
	"net"
	"net/http"
	"net/textproto"
	"strings"
	"sync"
	"testing"

	"github.com/handset-go/handset/ws"
)

// A Client is another library's client. It is the handler of the server that the client
// connects to.
type Client struct {
	*Role
	Peer, Way string
	URL       string           // of the server or the proxy in front of it, without a path; of scheme ws or wss
	Connect   func(url string) // has the client connect, and does not wait
	Reports   <-chan Report    // of the connections that have ended

	mu    sync.Mutex
	calls map[string]*accepting // by path and query
}

// accepting is a call that waits for the request of the client.
type accepting struct {
	*call
	settings
	accepted chan error
}

// Run has the client connect for each step, in subtests.
func (c *Client) Run(t *testing.T) {
	c.calls = make(map[string]*accepting)
	reports := make(chan Report)
	go c.relativeReports(t.Context(), reports)
	run(t, &other{Role: c.Role, name: c.Peer, way: c.Way, client: true, reports: reports, open: c.open})
}

// relativeReports passes on the reports until the context ends, with URLs that have no
// host.
func (c *Client) relativeReports(ctx context.Context, reports chan<- Report) {
	for {
		select {
		case r := <-c.Reports:
			r.URL = strings.TrimPrefix(r.URL, c.URL)
			select {
			case reports <- r:
			case <-ctx.Done():
				return
			}
		case <-ctx.Done():
			return
		}
	}
}

func (c *Client) open(of *call, s settings) error {
	a := &accepting{of, s, make(chan error, 1)}
	c.mu.Lock()
	c.calls[of.url] = a
	c.mu.Unlock()
	c.Connect(c.URL + of.url)
	select {
	case err := <-a.accepted:
		return err
	case <-of.ctx.Done():
		return of.ctx.Err()
	}
}

// ServeHTTP accepts the connection of a call.
func (c *Client) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	a := c.calls[r.URL.RequestURI()]
	delete(c.calls, r.URL.RequestURI())
	c.mu.Unlock()
	if a == nil {
		http.NotFound(w, r)
		return
	}
	u := &ws.Upgrader{Options: a.options, Compression: a.compression, AllowAnyOrigin: true}
	if a.subprotocol {
		u.Subprotocols = []string{Subprotocol}
	}
	if a.refuse {
		_ = u.Close()
	}
	hijacked := &hijackRecorder{ResponseWriter: w, answer: a.compression.Level != 0}
	session, stream, err := u.Handle(hijacked, r)
	a.session, a.stream, a.conn, a.extensions = session, stream, hijacked.conn, hijacked.extensions
	a.accepted <- err
}

// hijackRecorder records the connection and, if it is to, the answer to an offer of
// compression.
type hijackRecorder struct {
	http.ResponseWriter
	answer     bool
	conn       net.Conn
	extensions string
}

func (h *hijackRecorder) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, rw, err := http.NewResponseController(h.ResponseWriter).Hijack()
	h.conn = conn
	if h.answer && err == nil {
		return &answeringConn{Conn: conn, to: h}, rw, nil
	}
	return conn, rw, err
}

// answeringConn is a connection whose first write is the response.
type answeringConn struct {
	net.Conn
	to *hijackRecorder
}

func (c *answeringConn) Write(p []byte) (int, error) {
	if h := c.to; h != nil {
		c.to = nil
		r := textproto.NewReader(bufio.NewReader(bytes.NewReader(p)))
		if _, err := r.ReadLine(); err == nil {
			header, _ := r.ReadMIMEHeader()
			h.extensions = header.Get("Sec-Websocket-Extensions")
		}
	}
	return c.Conn.Write(p)
}
