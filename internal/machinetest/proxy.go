package machinetest

import (
	"io"
	"net"
	"sync"
	"testing"
)

// A Proxy forwards TCP connections to an address, as a network that can fail.
type Proxy struct {
	Addr     string // where it listens
	target   string
	listener net.Listener
	done     sync.WaitGroup

	mu      sync.Mutex
	conns   map[net.Conn]bool
	closed  bool
	stalled chan struct{} // closed when bytes are forwarded again; nil if they are
}

// StartProxy starts a proxy, which ends with the test.
func StartProxy(t testing.TB, target string) *Proxy {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &Proxy{Addr: listener.Addr().String(), target: target, listener: listener, conns: map[net.Conn]bool{}}
	p.done.Go(p.accept)
	t.Cleanup(p.close)
	return p
}

// Stall holds all bytes back, in both directions, until Resume is called. Connections
// stay open.
func (p *Proxy) Stall() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.stalled == nil {
		p.stalled = make(chan struct{})
	}
}

// Resume forwards bytes again.
func (p *Proxy) Resume() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.stalled != nil {
		close(p.stalled)
		p.stalled = nil
	}
}

// Cut closes all connections. New ones are accepted.
func (p *Proxy) Cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for conn := range p.conns {
		_ = conn.Close()
	}
}

func (p *Proxy) close() {
	_ = p.listener.Close()
	p.mu.Lock()
	p.closed = true
	p.mu.Unlock()
	p.Cut()
	p.Resume()
	p.done.Wait()
}

func (p *Proxy) accept() {
	for {
		conn, err := p.listener.Accept()
		if err != nil {
			return
		}
		p.done.Go(func() { p.serve(conn) })
	}
}

// serve forwards a connection until one side ends it.
func (p *Proxy) serve(client net.Conn) {
	defer client.Close()
	server, err := net.Dial("tcp", p.target)
	if err != nil {
		return
	}
	defer server.Close()
	if !p.add(client, server) {
		return
	}
	defer p.remove(client, server)
	p.done.Go(func() { p.forward(client, server) })
	p.forward(server, client)
}

func (p *Proxy) add(conns ...net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, conn := range conns {
		p.conns[conn] = true
	}
	return !p.closed
}

func (p *Proxy) remove(conns ...net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, conn := range conns {
		delete(p.conns, conn)
	}
}

// forward copies from one side to the other, and closes both at the end.
func (p *Proxy) forward(to, from net.Conn) {
	defer to.Close()
	defer from.Close()
	_, _ = io.Copy(to, &stallingReader{from, p})
}

// A stallingReader holds back what it reads while the proxy is stalled.
type stallingReader struct {
	io.Reader
	proxy *Proxy
}

func (r *stallingReader) Read(b []byte) (int, error) {
	n, err := r.Reader.Read(b)
	r.proxy.mu.Lock()
	stalled := r.proxy.stalled
	r.proxy.mu.Unlock()
	if stalled != nil {
		<-stalled
	}
	return n, err
}
