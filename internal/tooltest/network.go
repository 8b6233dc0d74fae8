package tooltest

import (
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
)

// A Network is a listener on the loopback interface whose connections can be lost. A
// script that drives a browser causes this by requests to the Control URL:
//
//	/cut     closes all connections, without a Close frame
//	/down    does the same, and closes new connections at once
//	/up      ends that
//	/freeze  drops what the server sends on the connections that exist
type Network struct {
	net.Listener
	Control string // a URL without a slash at its end

	mu    sync.Mutex
	down  bool
	conns map[*networkConn]bool
}

// NewNetwork returns a Network, which is closed when the test ends.
func NewNetwork(tb testing.TB) *Network {
	tb.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	n := &Network{Listener: listener, conns: map[*networkConn]bool{}}
	mux := http.NewServeMux()
	mux.HandleFunc("/cut", func(http.ResponseWriter, *http.Request) { n.cut(false) })
	mux.HandleFunc("/down", func(http.ResponseWriter, *http.Request) { n.cut(true) })
	mux.HandleFunc("/up", func(http.ResponseWriter, *http.Request) { n.up() })
	mux.HandleFunc("/freeze", func(http.ResponseWriter, *http.Request) { n.freeze() })
	control := httptest.NewServer(mux)
	n.Control = control.URL
	tb.Cleanup(func() {
		control.Close()
		listener.Close()
	})
	return n
}

// URL is the address of a server on the network, with a slash at its end.
func (n *Network) URL() string { return "http://" + n.Addr().String() + "/" }

// Accept returns the next connection.
func (n *Network) Accept() (net.Conn, error) {
	for {
		accepted, err := n.Listener.Accept()
		if err != nil {
			return nil, err
		}
		conn := &networkConn{Conn: accepted, network: n}
		if n.add(conn) {
			return conn, nil
		}
		accepted.Close()
	}
}

// add reports whether the network is up.
func (n *Network) add(conn *networkConn) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	if !n.down {
		n.conns[conn] = true
	}
	return !n.down
}

func (n *Network) cut(down bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.down = down
	for conn := range n.conns {
		conn.Conn.Close()
	}
	clear(n.conns)
}

func (n *Network) up() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.down = false
}

func (n *Network) freeze() {
	n.mu.Lock()
	defer n.mu.Unlock()
	for conn := range n.conns {
		conn.frozen.Store(true)
	}
}

// A networkConn is a connection of a Network.
type networkConn struct {
	net.Conn
	network *Network
	frozen  atomic.Bool
}

func (c *networkConn) Write(p []byte) (int, error) {
	if c.frozen.Load() {
		return len(p), nil
	}
	return c.Conn.Write(p)
}

func (c *networkConn) Close() error {
	c.network.mu.Lock()
	delete(c.network.conns, c)
	c.network.mu.Unlock()
	return c.Conn.Close()
}
