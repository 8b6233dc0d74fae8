package wstest

import (
	"context"
	"net"
	"sync"
)

// listener is a net.Listener whose connections are in memory.
type listener struct {
	arriving chan net.Conn
	closed   chan struct{}

	mu    sync.Mutex
	conns []net.Conn // both ends of every connection
}

func listen() *listener {
	return &listener{arriving: make(chan net.Conn), closed: make(chan struct{})}
}

// Accept waits for the next connection.
func (l *listener) Accept() (net.Conn, error) {
	select {
	case c := <-l.arriving:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

// Close, which http.Server calls once, ends Accept and every connection.
func (l *listener) Close() error {
	close(l.closed)
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, c := range l.conns {
		_ = c.Close()
	}
	return nil
}

// Addr is an address of those set aside for documentation (RFC 5737).
func (l *listener) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 80} }

// dial returns the client's end of a new connection over a Network. Each has a port
// of its own, since servers may distinguish their clients by it.
func (l *listener) dial(ctx context.Context, network *Network) (net.Conn, error) {
	l.mu.Lock()
	port := 50000 + len(l.conns)/2
	client, server := network.connect(&net.TCPAddr{IP: net.IPv4(192, 0, 2, 2), Port: port}, l.Addr())
	l.conns = append(l.conns, client, server)
	l.mu.Unlock()
	select {
	case l.arriving <- server:
		return client, nil
	case <-l.closed:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}
