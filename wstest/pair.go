package wstest

import (
	"context"
	"net/http"
	"testing"

	"github.com/coder/websocket"

	"github.com/handset-go/handset/ws"
)

// Pair returns a client and the session and stream that it is connected to. The
// server has the options of u; nil means the zero Upgrader. Both ends are closed
// when the test ends. Pair fails the test with tb.Fatal if the handshake fails.
//
// The client answers pings and Close frames only while it reads.
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
