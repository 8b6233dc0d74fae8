package wstest

import (
	"context"
	"net/http"
	"testing"

	"github.com/coder/websocket"

	"github.com/handset-go/handset/ws"
)

// Pair returns the two ends of a connection: a client, and what Handle returns
// to a server with the options of u, which may be nil for the zero Upgrader.
// When the test ends, so do both.
//
// A client that is reading notices pings and a Close by itself; one that is
// not, as between two calls of its Read, does not.
func Pair(tb testing.TB, u *ws.Upgrader) (client *websocket.Conn, session *ws.Session, stream *ws.MessageStream) {
	tb.Helper()
	if u == nil {
		u = new(ws.Upgrader)
	}
	began := make(chan error, 1)
	server := NewServer(tb, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var err error
		session, stream, err = u.Handle(w, r)
		began <- err
	}))
	client, err := server.Dial(context.Background(), "/", &websocket.DialOptions{Subprotocols: u.Subprotocols})
	if err == nil {
		err = <-began
	}
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		_ = client.CloseNow()
		_ = session.Close(ws.CloseReason{})
		<-session.Done()
	})
	return client, session, stream
}
