package wstest

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/handset-go/handset/ws"
)

// Dial starts a server with handler h and connects to it, as NewServer and Server.Dial
// with the path "/" and a nil Dialer do. It fails the test with tb.Fatal if the
// handshake fails.
func Dial(tb testing.TB, h http.Handler) (*ws.Session, *ws.MessageStream) {
	tb.Helper()
	session, stream, err := NewServer(tb, h).Dial(context.Background(), "/", nil)
	if err != nil {
		tb.Fatal(err)
	}
	return session, stream
}

// newDialer returns the Dialer that nil means. A client that sends Pings of its own, as
// browsers do not, would keep a session of the server from being silent.
func newDialer() *ws.Dialer {
	return &ws.Dialer{Options: ws.Options{Heartbeat: ws.Heartbeat{Interval: -1}}}
}

// Dial connects a client with the options of d to the server. The path may have a
// query, such as "/chat?room=7". If d has no HTTPClient, Dial sets it to Client. An
// HTTPClient must have the Transport of Client; otherwise Dial returns an error. If d
// is nil, the client has the default options, but no heartbeat. The context and the
// errors are those of Dialer.Dial.
//
// The session ends when the test ends, without a Close frame. It answers pings and
// Close frames only while its stream is read.
func (s *Server) Dial(ctx context.Context, path string, d *ws.Dialer) (*ws.Session, *ws.MessageStream, error) {
	if d == nil {
		d = newDialer()
	}
	if err := s.setClient(d); err != nil {
		return nil, nil, err
	}
	session, stream, err := d.Dial(ctx, s.URL+"/"+strings.TrimPrefix(path, "/"))
	if err != nil {
		return nil, nil, err
	}
	s.endsWithTest(session)
	return session, stream, nil
}

var errForeignTransport = errors.New("wstest: the HTTPClient of the Dialer does not have the Transport of Server.Client")

// setClient sets the HTTPClient of d if it has none.
func (s *Server) setClient(d *ws.Dialer) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case d.HTTPClient == nil:
		d.HTTPClient = s.client
	case d.HTTPClient.Transport != s.client.Transport:
		return errForeignTransport
	}
	return nil
}
