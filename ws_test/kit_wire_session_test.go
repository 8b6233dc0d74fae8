package ws_test

import (
	"bufio"
	"context"
	"crypto/sha1"
	"encoding/base64"
	"errors"
	"net"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

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

// wireSides are the sides that a row is run on: how a session of each is begun, whose
// peer has its handshake on the other end of the connection.
var wireSides = []struct {
	name   string
	client bool // the peer is one
	begin  func(t testing.TB, end, peer net.Conn, c ws.Compression, extensions string) *wireSession
}{
	{"server", true, beginServer},
	{"client", false, beginClient},
}

// wireSession is a session, and a server's Sec-WebSocket-Extensions.
type wireSession struct {
	session  *ws.Session
	stream   *ws.MessageStream
	response string
}

// beginServer begins a session of an Upgrader. The peer offers the extensions.
func beginServer(t testing.TB, end, _ net.Conn, c ws.Compression, extensions string) *wireSession {
	t.Helper()
	u := &ws.Upgrader{Compression: c}
	w := &responseWriter{conn: end}
	session, stream, err := u.Handle(w, request("Sec-WebSocket-Extensions", extensions))
	if err != nil {
		t.Fatal(err)
	}
	return &wireSession{session, stream, w.response.header.Get("Sec-WebSocket-Extensions")}
}

// beginClient begins a session of a Dialer. The peer accepts the extensions.
func beginClient(t testing.TB, end, peer net.Conn, c ws.Compression, extensions string) *wireSession {
	t.Helper()
	d := &ws.Dialer{Compression: c, HTTPClient: &http.Client{Transport: &http.Transport{
		DialContext: func(context.Context, string, string) (net.Conn, error) { return end, nil },
	}}}
	answered := make(chan error, 1)
	go func() { answered <- answerByHand(peer, extensions) }()
	session, stream, err := d.Dial(testContext(t), "ws://example.com/chat")
	if err := errors.Join(err, await(t, answered, "the handshake")); err != nil {
		t.Fatal(err)
	}
	return &wireSession{session: session, stream: stream}
}

// answerByHand reads a request for a handshake and writes the 101 (RFC 6455 §4.2.2). The
// client sends nothing in between.
func answerByHand(conn net.Conn, extensions string) error {
	r, err := http.ReadRequest(bufio.NewReader(conn))
	if err != nil {
		return err
	}
	sum := sha1.Sum([]byte(r.Header.Get("Sec-WebSocket-Key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	response := "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
		"Sec-WebSocket-Accept: " + base64.StdEncoding.EncodeToString(sum[:]) + "\r\n"
	if extensions != "" {
		response += "Sec-WebSocket-Extensions: " + extensions + "\r\n"
	}
	_, err = conn.Write([]byte(response + "\r\n"))
	return err
}

// converseInMemory runs a row on a connection without buffers, in a synctest bubble:
// when the session has nothing left to do, it must have sent what the row says, and
// nothing else.
func converseInMemory(t *testing.T, row wireRow, on int) {
	synctest.Test(t, func(t *testing.T) {
		end, conn := newDuplex()
		p, session := beginWire(t, on, end, conn)
		defer abandon(p, session)
		row.converse(p, session, func() {
			synctest.Wait()
			p.expectNothing()
		})
	})
}

// beginWire begins a session that runs wireEcho on a connection, and its peer.
func beginWire(t testing.TB, on int, end, conn net.Conn) (*wirePeer, *ws.Session) {
	t.Helper()
	side := wireSides[on]
	begun := side.begin(t, end, conn, ws.Compression{}, "")
	go wireEcho(begun.session, begun.stream)
	return newWirePeer(t, conn, bufio.NewReader(conn), side.client), begun.session
}

// abandon ends a session and what its peer still receives.
func abandon(p *wirePeer, session *ws.Session) {
	p.conn.Close()
	for range p.frames {
	}
	<-session.Done()
}

// converseOverTCP runs a row over a connection through the kernel.
func converseOverTCP(t *testing.T, row wireRow, on int, l net.Listener) {
	end, conn := bothWireEnds(t, l)
	_ = conn.SetDeadline(time.Now().Add(testTimeout))
	p, session := beginWire(t, on, end, conn)
	defer abandon(p, session)
	row.converse(p, session, func() {})
}

// bothWireEnds returns the ends of a connection that a listener accepts.
func bothWireEnds(t *testing.T, l net.Listener) (end, conn net.Conn) {
	t.Helper()
	conn, err := net.Dial(l.Addr().Network(), l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	if end, err = l.Accept(); err != nil {
		t.Fatal(err)
	}
	return end, conn
}
