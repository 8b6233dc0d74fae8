package ws_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"testing"
	"testing/synctest"

	"github.com/handset-go/handset/ws"
)

// wireRun is a way to run rows.
type wireRun struct {
	on       side
	deflated bool // messages are compressed in both directions
	view     string
}

func (r wireRun) String() string {
	return fmt.Sprintf("side=%s,deflated=%t,view=%s", r.on, r.deflated, r.view)
}

// wireAgreement is an agreement on compression, for options.
type wireAgreement struct {
	options ws.Compression
	offer   string // of the peer of a server, which that accepts as it is, as does the peer of a client
}

// wireAlone has no context takeover, and every message of the session's compressed.
var wireAlone = &wireAgreement{ws.Compression{Level: 1, MinSize: 1}, "permessage-deflate; server_no_context_takeover; client_no_context_takeover"}

// wireTakeover has context takeover.
var wireTakeover = &wireAgreement{ws.Dense(), "permessage-deflate"}

// wireViews are the ways in which the echo of a conversation receives messages.
var wireViews = []string{"Recv", "All", "Chan"}

// wireEcho sends back every message that it receives in the given way, and leaves the
// answers to Pings and Close frames to the library, as Autobahn|Testsuite requires of
// what it tests.
func wireEcho(by string) func(*ws.Session, *ws.MessageStream) {
	return func(session *ws.Session, stream *ws.MessageStream) {
		whole := stream.Aggregate(16 * mebibyte)
		switch by {
		case "Chan":
			for msg := range whole.Chan() {
				_ = sendBack(session, msg)
			}
		case "Recv":
			for {
				msg, err := whole.Recv(context.Background())
				if err != nil || sendBack(session, msg) != nil {
					return
				}
			}
		default:
			_ = echo(session, whole)
		}
	}
}

// sendBack sends a message if it is one of data.
func sendBack(session *ws.Session, msg ws.Message) error {
	if msg.Kind != ws.Text && msg.Kind != ws.Binary {
		return nil
	}
	return session.Send(context.Background(), msg)
}

// expectErr checks why the session says that it ended.
func (e wireEnd) expectErr(t testing.TB, err error) {
	t.Helper()
	if e.lost {
		if !isLost(err) {
			t.Fatalf("the session ended with %v, want that the connection was lost", err)
		}
		return
	}
	if e.violation {
		var violation *ws.ProtocolError
		if !errors.As(err, &violation) || violation.Code != e.code {
			t.Fatalf("the session ended with %v, want a ProtocolError of code %d", err, e.code)
		}
		return
	}
	want := e.code
	if e.first {
		want = e.answer
	}
	var close *ws.CloseError
	if !errors.As(err, &close) || close.ByPeer == e.first || close.Received.Code != want || close.Sent.Code != e.code {
		t.Fatalf("the session ended with %v, want a CloseError of code %d, by the peer: %t", err, want, !e.first)
	}
}

// converseInMemory runs a row on a connection without buffers, in a synctest bubble:
// when the session has nothing left to do, it must have sent what the row says, and
// nothing else.
func converseInMemory(t *testing.T, row wireRow, run wireRun) {
	synctest.Test(t, func(t *testing.T) {
		end, conn := newDuplex()
		session, stream := run.begin(t, end, row.agreement(run))
		p := newWirePeer(t, conn, bufio.NewReader(conn), run.on)
		defer abandon(p, session)
		row.run(p, run, session, stream, func() {
			synctest.Wait()
			p.expectNothing()
		})
	})
}

// agreement is what a run agrees on, or nil for no compression.
func (r wireRow) agreement(run wireRun) *wireAgreement {
	switch {
	case r.script.agree != nil:
		return r.script.agree
	case run.deflated:
		return wireAlone
	}
	return nil
}

// begin begins a session on a connection whose peer has no part in the handshake.
func (r wireRun) begin(t testing.TB, end net.Conn, agreed *wireAgreement) (*ws.Session, *ws.MessageStream) {
	if agreed == nil {
		return r.on.begin(t, end, nil, nil)
	}
	same := deflateAgreement{offer: agreed.offer, response: agreed.offer, accepted: agreed.offer}
	return same.begin(t, end, r.on, &ws.Upgrader{Compression: agreed.options})
}

// converseOver runs a row over a transport, and so through the kernel.
func converseOver(t *testing.T, over transport, row wireRow, run wireRun) {
	t.Helper()
	var c *pair
	if agreed := row.agreement(run); agreed != nil {
		c = run.on.connectCompressing(t, over, &ws.Upgrader{Compression: agreed.options}, agreed.offer).pair
	} else {
		c = run.on.connectOver(t, over, nil)
	}
	conn, r := c.conn, c.br
	if run.on == clientSide { // whose peer is scripted as a server here, not as a client
		conn = conn.(interface{ NetConn() net.Conn }).NetConn()
		r = bufio.NewReader(conn)
	}
	p := newWirePeer(t, conn, r, run.on)
	defer abandon(p, c.session)
	row.run(p, run, c.session, c.stream, func() {})
}

// run converses with a session that begins to send messages back.
func (r wireRow) run(p *wirePeer, run wireRun, session *ws.Session, stream *ws.MessageStream, settled func()) {
	p.t.Helper()
	p.deflates, p.inflates = run.deflated, r.agreement(run) == wireAlone
	if r.script.tune != nil {
		r.script.tune(stream)
	}
	go wireEcho(run.view)(session, stream)
	r.converse(p, session, settled)
}

// abandon ends a session and what its peer still receives.
func abandon(p *wirePeer, session *ws.Session) {
	p.conn.Close()
	for range p.frames {
	}
	<-session.Done()
}
