package tooltest

import (
	"io"
	"net"
	"net/http"
	"testing"
)

func TestNetwork(t *testing.T) {
	network := NewNetwork(t)
	go http.Serve(network, http.NotFoundHandler()) // until the listener is closed
	before := connect(t, network)
	get(t, network.URL()) // which is answered when connections before it have been accepted
	control(t, network, "/cut")
	expectLost(t, before)
	between := connect(t, network)
	get(t, network.URL())
	control(t, network, "/down")
	expectLost(t, between)
	expectLost(t, connect(t, network))
	control(t, network, "/up")
	frozen := connect(t, network)
	get(t, network.URL())
	control(t, network, "/freeze")
	if _, err := frozen.Write([]byte("GET / HTTP/1.0\r\n\r\n")); err != nil {
		t.Fatal(err)
	}
	expectLost(t, frozen) // when the server has answered
	get(t, network.URL())
}

// client opens a connection for each request.
var client = http.Client{Transport: &http.Transport{DisableKeepAlives: true}}

func get(t *testing.T, url string) {
	t.Helper()
	response, err := client.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
}

func connect(t *testing.T, network *Network) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", network.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

func control(t *testing.T, network *Network, path string) {
	t.Helper()
	get(t, network.Control+path)
}

// expectLost waits until a connection ends from the other side.
func expectLost(t *testing.T, conn net.Conn) {
	t.Helper()
	if n, err := conn.Read(make([]byte, 1)); n > 0 || err != io.EOF {
		t.Errorf("read %d bytes, %v", n, err)
	}
}
