package wstest

import (
	"io"
	"net"
	"sync"
	"testing"
)

// Wrap returns a connection that runs over n and then over conn, which is the client's
// end of a connection of any kind: what is written to it goes Up. It buffers up to 64 KiB
// in each direction. Closing it closes conn when what was written has arrived; if n stalls
// or drops it, when the test ends.
//
//	transport := &http.Transport{DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
//		conn, err := new(net.Dialer).DialContext(ctx, network, addr)
//		if err != nil {
//			return nil, err
//		}
//		return n.Wrap(t, conn), nil
//	}}
//
// When the test ends, both connections are closed.
func (n *Network) Wrap(tb testing.TB, conn net.Conn) net.Conn {
	return n.newRelays(tb).add(conn, Up)
}

// Listener returns a listener whose connections are those of l, the server's ends, and
// run over n. They are closed as those of Wrap, and l when the test ends.
func (n *Network) Listener(tb testing.TB, l net.Listener) net.Listener {
	tb.Cleanup(func() { _ = l.Close() })
	return &relayedListener{l, n.newRelays(tb)}
}

// relayedListener is a listener whose connections run over a Network.
type relayedListener struct {
	net.Listener
	relays *relays
}

func (l *relayedListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return l.relays.add(conn, Down), nil
}

// relays relay between connections of a Network and others until a test ends.
type relays struct {
	network *Network
	running sync.WaitGroup

	mu    sync.Mutex
	open  map[*relay]bool
	ended bool
}

func (n *Network) newRelays(tb testing.TB) *relays {
	r := &relays{network: n, open: map[*relay]bool{}}
	tb.Cleanup(r.end)
	return r
}

// add returns an end of a new connection of the Network whose other end is relayed.
// What is written to it goes in the direction out.
func (r *relays) add(under net.Conn, out Direction) net.Conn {
	one := &relay{under: under}
	if out == Up {
		one.near, one.far = r.network.connect(under.LocalAddr(), under.RemoteAddr())
	} else {
		one.far, one.near = r.network.connect(under.RemoteAddr(), under.LocalAddr())
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.ended {
		one.close()
		return one.near
	}
	r.open[one] = true
	r.running.Go(func() {
		var incoming sync.WaitGroup
		incoming.Go(one.incoming)
		one.outgoing()
		incoming.Wait()
		r.mu.Lock()
		defer r.mu.Unlock()
		delete(r.open, one)
	})
	return one.near
}

// end ends all relays.
func (r *relays) end() {
	r.mu.Lock()
	r.ended = true
	for one := range r.open {
		one.close()
	}
	r.mu.Unlock()
	r.running.Wait()
}

// relay relays between an end of a connection of a Network and another connection. The
// program has the other end.
type relay struct {
	near, far *conn
	under     net.Conn
}

func (r *relay) close() {
	_ = r.under.Close() // first, so that its peer does not notice a reset
	_ = r.near.Close()
	_ = r.far.Close()
}

// outgoing relays what the program writes, and closes the connection under it.
func (r *relay) outgoing() {
	defer func() {
		_ = r.under.Close()
		_ = r.far.Close()
	}()
	if _, err := io.Copy(r.under, r.far); err != nil {
		r.far.reset()
		if c, ok := r.under.(interface{ SetLinger(int) error }); ok {
			_ = c.SetLinger(0) // so that its peer, too, notices a reset
		}
		return
	}
	if c, ok := r.under.(interface{ CloseWrite() error }); ok {
		_ = c.CloseWrite()
	}
	r.near.in.awaitClosedRead()
}

// incoming relays what the program reads.
func (r *relay) incoming() {
	_, err := io.Copy(r.far, r.under)
	switch {
	case err == nil:
		_ = r.far.CloseWrite()
	case !r.near.in.closedRead(): // otherwise what was written is still relayed
		r.far.reset()
	}
}
