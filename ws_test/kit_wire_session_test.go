package ws_test

import (
	"bufio"
	"errors"
	"net"
	"testing"
	"testing/synctest"

	"github.com/handset-go/handset/ws"
)

// wireEcho sends back every message, and leaves the answers to Pings and Close frames to
// the library, as Autobahn|Testsuite requires of what it tests.
func wireEcho(session *ws.Session, stream *ws.MessageStream) {
	_ = echo(session, stream.Aggregate(16*mebibyte))
}

// expectErr checks why the session says that it ended.
func (e wireEnd) expectErr(t testing.TB, err error) {
	t.Helper()
	if e.violation {
		var violation *ws.ProtocolError
		if !errors.As(err, &violation) || violation.Code != e.code {
			t.Fatalf("the session ended with %v, want a ProtocolError of code %d", err, e.code)
		}
		return
	}
	var close *ws.CloseError
	if !errors.As(err, &close) || !close.ByPeer || close.Received.Code != e.code || close.Sent.Code != e.code {
		t.Fatalf("the session ended with %v, want a CloseError by the peer of code %d", err, e.code)
	}
}

// converseInMemory runs a row on a connection without buffers, in a synctest bubble:
// when the session has nothing left to do, it must have sent what the row says, and
// nothing else.
func converseInMemory(t *testing.T, row wireRow, on side) {
	synctest.Test(t, func(t *testing.T) {
		end, conn := newDuplex()
		session, stream := on.begin(t, end, nil, nil)
		go wireEcho(session, stream)
		p := newWirePeer(t, conn, bufio.NewReader(conn), on)
		defer abandon(p, session)
		row.converse(p, session, func() {
			synctest.Wait()
			p.expectNothing()
		})
	})
}

// converseOver runs a row over a transport, and so through the kernel.
func converseOver(t *testing.T, over transport, row wireRow, on side) {
	t.Helper()
	c := on.connectOver(t, over, nil)
	go wireEcho(c.session, c.stream)
	conn, r := c.conn, c.br
	if on == clientSide { // whose peer is scripted as a server here, not as a client
		conn = conn.(interface{ NetConn() net.Conn }).NetConn()
		r = bufio.NewReader(conn)
	}
	p := newWirePeer(t, conn, r, on)
	defer abandon(p, c.session)
	row.converse(p, c.session, func() {})
}

// abandon ends a session and what its peer still receives.
func abandon(p *wirePeer, session *ws.Session) {
	p.conn.Close()
	for range p.frames {
	}
	<-session.Done()
}
