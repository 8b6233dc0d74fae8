package ws_test

import (
	"net"
	"testing"
	"testing/synctest"

	"github.com/handset-go/handset/ws"
)

// inSynctest runs a test on both sides, each in a synctest bubble, on a session whose
// transport is a pipe: a write waits until the other end takes it, and a wait takes
// exactly as long as it should. The test ends when every goroutine it started has ended.
func inSynctest(t *testing.T, u *ws.Upgrader, test func(t *testing.T, p *pair)) {
	t.Helper()
	inSynctestOver(t, u, func(c net.Conn) net.Conn { return c }, test)
}

// inSynctestOver is inSynctest with the session's end of the pipe wrapped.
func inSynctestOver(t *testing.T, u *ws.Upgrader, wrap func(net.Conn) net.Conn, test func(t *testing.T, p *pair)) {
	t.Helper()
	eachSide(t, func(t *testing.T, on side) { on.inSynctestOver(t, u, wrap, test) })
}

// inSynctest is the function of that name on one side.
func (on side) inSynctest(t *testing.T, u *ws.Upgrader, test func(t *testing.T, p *pair)) {
	t.Helper()
	on.inSynctestOver(t, u, func(c net.Conn) net.Conn { return c }, test)
}

// inSynctestOver is the function of that name on one side.
func (on side) inSynctestOver(t *testing.T, u *ws.Upgrader, wrap func(net.Conn) net.Conn, test func(t *testing.T, p *pair)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		end, peer := net.Pipe()
		session, stream := on.begin(t, wrap(end), nil, u)
		defer func() {
			peer.Close()
			_ = session.Close(ws.CloseReason{})
			<-session.Done()
		}()
		test(t, &pair{on.peer(t, peer), session, stream})
	})
}
