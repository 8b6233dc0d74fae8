package tooltest

import (
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
)

// A Network is a listener on the loopback interface whose connections can be lost. A
// script that drives a browser causes this by requests to the Control URL:
//
//	/cut   closes all connections, without a Close frame
//	/down  does the same, and closes new connections at once
//	/up    ends that
type Network struct {
	net.Listener
	Control string // a URL without a slash at its end

	mu    sync.Mutex
	down  bool
	conns map[net.Conn]bool
}

// NewNetwork returns a Network, which is closed when the test ends.
func NewNetwork(tb testing.TB) *Network {
	tb.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	n := &Network{Listener: listener, conns: map[net.Conn]bool{}}
	mux := http.NewServeMux()
	mux.HandleFunc("/cut", func(http.ResponseWriter, *http.Request) { n.cut(false) })
	mux.HandleFunc("/down", func(http.ResponseWriter, *http.Request) { n.cut(true) })
	mux.HandleFunc("/up", func(http.ResponseWriter, *http.Request) { n.up() })
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
		conn, err := n.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if n.add(conn) {
			return &networkConn{conn, n}, nil
		}
		conn.Close()
	}
}

// add reports whether the network is up.
func (n *Network) add(conn net.Conn) bool {
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
		conn.Close()
	}
	clear(n.conns)
}

func (n *Network) up() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.down = false
}

type networkConn struct {
	net.Conn
	network *Network
}

func (c *networkConn) Close() error {
	c.network.mu.Lock()
	delete(c.network.conns, c.Conn)
	c.network.mu.Unlock()
	return c.Conn.Close()
}
