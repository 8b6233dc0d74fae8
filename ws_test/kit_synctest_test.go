package ws_test

import (
	"bufio"
	"net"
	"testing"
	"testing/synctest"

	"github.com/handset-go/handset/ws"
)

// inSynctest runs a test in a synctest bubble, on a session whose transport is a
// pipe: a write waits until the other end takes it, and a wait takes exactly as
// long as it should. The test ends when every goroutine it started has ended.
func inSynctest(t *testing.T, u *ws.Upgrader, test func(t *testing.T, p *pair)) {
	t.Helper()
	inSynctestOver(t, u, func(c net.Conn) net.Conn { return c }, test)
}

// inSynctestOver is inSynctest with the server's end of the pipe wrapped.
func inSynctestOver(t *testing.T, u *ws.Upgrader, wrap func(net.Conn) net.Conn, test func(t *testing.T, p *pair)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		end, peer := net.Pipe()
		w := &responseWriter{conn: wrap(end)}
		session, stream, err := copyOptions(u).Handle(w, request())
		if err != nil {
			t.Fatal(err)
		}
		defer func() {
			peer.Close()
			_ = session.Close(ws.CloseReason{})
			<-session.Done()
		}()
		test(t, &pair{&client{t, peer, bufio.NewReader(peer)}, session, stream})
	})
}
