package wstest

import (
	"context"
	"net/http"
	"testing"

	"github.com/handset-go/handset/ws"
)

// Endpoint is one end of a connection: its two halves, and the Network that the
// connection runs over. The Network of the two ends is the same.
type Endpoint struct {
	Session *ws.Session
	Stream  *ws.MessageStream
	Network *Network
}

// Pair returns the two ends of a connection. The server has the options of u; nil
// means the zero Upgrader. The client has the options of d, as in Server.Dial; nil
// means a Dialer with the Subprotocols and the Compression of u and without a
// heartbeat. Both ends are closed, without Close frames, when the test ends. Pair
// fails the test with tb.Fatal if the handshake fails.
//
// Each end answers pings and Close frames only while its stream is read.
func Pair(tb testing.TB, u *ws.Upgrader, d *ws.Dialer) (client, server Endpoint) {
	tb.Helper()
	if u == nil {
		u = new(ws.Upgrader)
	}
	if d == nil {
		d = newDialer()
		d.Subprotocols, d.Compression = u.Subprotocols, u.Compression
	}
	began := make(chan error, 1)
	s := NewServer(tb, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var err error
		server.Session, server.Stream, err = u.Handle(w, r)
		began <- err
	}))
	var err error
	client.Session, client.Stream, err = s.Dial(context.Background(), "/", d)
	if err == nil {
		err = <-began
	}
	if err != nil {
		tb.Fatal(err)
	}
	s.endsWithTest(server.Session)
	client.Network, server.Network = s.Network, s.Network
	return client, server
}
