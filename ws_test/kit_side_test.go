package ws_test

import (
	"context"
	"iter"
	"net"
	"reflect"
	"testing"

	"github.com/handset-go/handset/ws"
)

// side is the side that a session under test is on. Its peer, which the test scripts,
// is on the other.
type side uint8

const (
	serverSide side = iota // a session of Upgrader.Handle
	clientSide             // a session of Dialer.Dial
)

var sides = []side{serverSide, clientSide}

func (s side) String() string { return [...]string{"server", "client"}[s] }

// header is how much longer the headers of the session's frames are than on a server: a
// client's have a key (RFC 6455 §5.2).
func (s side) header() int { return 4 * int(s) }

// eachSide runs a test for sessions on either side.
func eachSide(t *testing.T, test func(t *testing.T, on side)) {
	t.Helper()
	for _, on := range sides {
		t.Run(on.String(), func(t *testing.T) { test(t, on) })
	}
}

// endpoint is what an Upgrader and a Dialer have in common.
type endpoint interface {
	Sessions() iter.Seq[*ws.Session]
	Stats() ws.Stats
	Shutdown(context.Context) error
	Close() error
}

// endpoint returns the Upgrader itself, or a Dialer with the same options. u may be nil for
// none.
func (s side) endpoint(t testing.TB, u *ws.Upgrader) endpoint {
	t.Helper()
	switch {
	case s == clientSide:
		return newDialer(t, u)
	case u == nil:
		return new(ws.Upgrader)
	}
	return u
}

// sideOf returns the side of an endpoint's sessions.
func sideOf(from endpoint) side {
	if _, ok := from.(*ws.Dialer); ok {
		return clientSide
	}
	return serverSide
}

// newDialer returns a Dialer with the options of u, which must have none that only
// servers have.
func newDialer(t testing.TB, u *ws.Upgrader) *ws.Dialer {
	t.Helper()
	d := &ws.Dialer{HTTPClient: scriptedClient()}
	if u == nil {
		return d
	}
	from, to := reflect.ValueOf(u).Elem(), reflect.ValueOf(d).Elem()
	for i := range from.NumField() {
		field := from.Type().Field(i)
		if !field.IsExported() || from.Field(i).IsZero() {
			continue
		}
		if !to.FieldByName(field.Name).IsValid() {
			t.Fatalf("a Dialer has no %s", field.Name)
		}
		to.FieldByName(field.Name).Set(from.Field(i))
	}
	return d
}

// begin returns a session of the endpoint on a connection whose peer has no part in the
// handshake. The peer receives what follows it, and early has come with it.
func begin(t testing.TB, from endpoint, end net.Conn, early []byte) (*ws.Session, *ws.MessageStream) {
	t.Helper()
	var session *ws.Session
	var stream *ws.MessageStream
	var err error
	switch from := from.(type) {
	case *ws.Upgrader:
		session, stream, err = from.Handle(&responseWriter{conn: end, early: early}, request())
	case *ws.Dialer:
		session, stream, err = dialOn(t, from, respond(end, &scriptedResponse{early: early}), false)
	}
	if err != nil {
		t.Fatal(err)
	}
	return session, stream
}

// begin is the function of that name for an endpoint with the given options.
func (s side) begin(t testing.TB, end net.Conn, early []byte, u *ws.Upgrader) (*ws.Session, *ws.MessageStream) {
	t.Helper()
	return begin(t, s.endpoint(t, copyOptions(u)), end, early)
}

// peer is the client that scripts the session's peer at the other end of a connection.
func (s side) peer(t testing.TB, conn net.Conn) *client {
	c := newClient(t, s.peerConn(conn))
	c.on = s
	return c
}

// peerConn is the connection of a session's peer, on which a test writes and reads
// frames as a client does.
func (s side) peerConn(conn net.Conn) net.Conn {
	if s == serverSide {
		return conn
	}
	return newServerConn(conn)
}

// sent is what the peer sends instead of a client's frames.
func (s side) sent(frames []byte) []byte {
	if s == serverSide {
		return frames
	}
	return new(unmasking).add(nil, frames)
}
