//go:build unix

package transport

import (
	"crypto/tls"
	"io"
	"net"
	"runtime"
	"testing"
)

// Delivery reports what was written and read over TCP, also if something other than a wrapper
// without NetConn is around the connection.
func TestDelivery(t *testing.T) {
	nonblocking, client := sockets(t, "tcp")
	server := nonblocking.socket
	for name, conn := range map[string]net.Conn{
		"tcp":              server,
		"embedded TCPConn": struct{ *net.TCPConn }{server.(*net.TCPConn)},
		"below TLS":        tls.Server(server, new(tls.Config)),
	} {
		t.Run(name, func(t *testing.T) {
			c := New(conn)
			before, ok := c.Delivery()
			if !ok && runtime.GOOS == "linux" {
				t.Fatal("not known")
			} else if !ok {
				t.Skip("the kernel does not tell")
			}
			exchange(t, server, client, 1000)
			exchange(t, client, server, 300)
			after, _ := c.Delivery()
			if got := after.Acked - before.Acked; got != 1000 {
				t.Errorf("%d bytes acknowledged, not 1000", got)
			}
			if got := after.Received - before.Received; got != 300 {
				t.Errorf("%d bytes received, not 300", got)
			}
			if after.Unacked != 0 {
				t.Errorf("%d bytes unacknowledged", after.Unacked)
			}
		})
	}
}

// Delivery returns false for connections that are not TCP.
func TestDeliveryWithoutTCP(t *testing.T) {
	pipe, other := net.Pipe()
	defer pipe.Close()
	defer other.Close()
	nonblocking, _ := sockets(t, "tcp")
	unixSocket, _ := sockets(t, "unix")
	for name, conn := range map[string]net.Conn{"pipe": pipe, "wrapper": struct{ net.Conn }{nonblocking.socket}, "unix": unixSocket.socket} {
		if d, ok := New(conn).Delivery(); ok {
			t.Errorf("%s: %+v", name, d)
		}
	}
}

// exchange sends n bytes from one to the other, and waits until they have
// arrived, which acknowledges them: both ends are on one machine.
func exchange(t *testing.T, from, to net.Conn, n int) {
	t.Helper()
	if _, err := from.Write(make([]byte, n)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(to, make([]byte, n)); err != nil {
		t.Fatal(err)
	}
}
