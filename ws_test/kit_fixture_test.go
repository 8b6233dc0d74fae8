package ws_test

import (
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"

	"github.com/handset-go/handset/ws"
)

// fixture is a session of an endpoint and its peer.
type fixture struct {
	*pair
	from     endpoint
	refuses  func() // does another handshake, which must be refused
	synctest bool   // in a synctest bubble
}

// fixtures are where the end of a session is tested, on both sides: in synctest, where a
// wait takes exactly as long as it should, and over TCP.
var fixtures = map[string]func(*testing.T, *ws.Upgrader, func(*testing.T, *fixture)){
	"server,synctest": serverSide.fixtureInSynctest, "server,tcp": handleFixture,
	"client,synctest": clientSide.fixtureInSynctest, "client,tcp": dialFixture,
}

func handleFixture(t *testing.T, u *ws.Upgrader, test func(*testing.T, *fixture)) {
	u = copyOptions(u)
	p := new(pair)
	began := make(chan struct{})
	srv := serve(t, transports[0], http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if session, stream, err := u.Handle(w, r); err == nil {
			p.session, p.stream = session, stream
			close(began)
		}
	}))
	p.client = dial(t, srv, "")
	await(t, began, "the session")
	test(t, &fixture{pair: p, from: u, refuses: func() {
		conn, err := net.Dial("tcp", srv.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		_, resp := handshakeOn(t, conn, request())
		expectUnavailable(t, resp.StatusCode, resp.Header)
	}})
	p.conn.Close()
	_ = u.Close()
	await(t, p.session.Done(), "the session's end")
}

func dialFixture(t *testing.T, u *ws.Upgrader, test func(*testing.T, *fixture)) {
	d := newDialer(t, u)
	p := dialOver(t, transports[0], d)
	test(t, &fixture{pair: p, from: d, refuses: func() { expectNoDial(t, d) }})
	p.conn.Close()
	_ = d.Close()
	await(t, p.session.Done(), "the session's end")
}

func (on side) fixtureInSynctest(t *testing.T, u *ws.Upgrader, test func(*testing.T, *fixture)) {
	synctest.Test(t, func(t *testing.T) {
		from := on.endpoint(t, copyOptions(u))
		end, peer := newDuplex()
		session, stream := begin(t, from, end, nil)
		p := &pair{on.peer(t, peer), session, stream}
		defer func() {
			p.conn.Close()
			_ = from.Close()
			<-session.Done()
		}()
		test(t, &fixture{pair: p, from: from, synctest: true, refuses: func() {
			switch from := from.(type) {
			case *ws.Dialer:
				expectNoDial(t, from)
			case *ws.Upgrader:
				w := httptest.NewRecorder()
				_, _, _ = from.Handle(w, request())
				expectUnavailable(t, w.Code, w.Header())
			}
		}})
	})
}

// expectUnavailable checks the response to a handshake after Shutdown.
func expectUnavailable(t *testing.T, status int, h http.Header) {
	t.Helper()
	if status != http.StatusServiceUnavailable || h.Get("Retry-After") == "" {
		t.Errorf("a handshake was answered with %d, Retry-After %q", status, h.Get("Retry-After"))
	}
}

// expectNoDial checks that a Dialer does not connect after Shutdown.
func expectNoDial(t *testing.T, d *ws.Dialer) {
	t.Helper()
	if _, _, err := d.Dial(t.Context(), "ws://example.com"); !errors.Is(err, ws.ErrShutdown) {
		t.Errorf("Dial returned %v", err)
	}
}
