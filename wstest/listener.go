package wstest

import (
	"context"
	"net"
	"sync"
)

// listener is where connections meet their server.
type view struct {
	arriving chan net.Conn
	closed   chan struct{}

	mu    sync.Mutex
	conns []net.Conn // every end of every connection
}

func listen() *view {
	return &view{arriving: make(chan net.Conn), closed: make(chan struct{})}
}

// Accept waits for the next connection.
func (l *view) Accept() (net.Conn, error) {
	select {
	case c := <-l.arriving:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

// Close, which http.Server calls once, ends Accept and every connection.
func (l *view) Close() error {
	close(l.closed)
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, c := range l.conns {
		_ = c.Close()
	}
	return nil
}

// Addr is an address of those set aside for documentation (RFC 5737).
func (l *view) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 80} }

// dial returns the client's end of a new connection. Each has a port of its
// own, as servers may tell their clients apart by it.
func (l *view) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	l.mu.Lock()
	port := 50000 + len(l.conns)/2
	client, server := connect(&net.TCPAddr{IP: net.IPv4(192, 0, 2, 2), Port: port}, l.Addr())
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
