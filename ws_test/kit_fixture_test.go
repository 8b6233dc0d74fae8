package ws_test

import (
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"

	"github.com/handset-go/handset/ws"
)

// fixture is a session of an Upgrader and its client.
type fixture struct {
	*pair
	u         *ws.Upgrader
	handshake func() (status int, h http.Header) // does another handshake, which must be refused
	synctest  bool                               // in a synctest bubble
}

// fixtures are where the end of a session is tested: in synctest, where a wait
// takes exactly as long as it should, and over TCP.
var fixtures = map[string]func(*testing.T, *ws.Upgrader, func(*testing.T, *fixture)){"synctest": fixtureInSynctest, "tcp": fixtureOverTCP}

func fixtureOverTCP(t *testing.T, u *ws.Upgrader, test func(*testing.T, *fixture)) {
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
	test(t, &fixture{pair: p, u: u, handshake: func() (int, http.Header) {
		conn, err := net.Dial("tcp", srv.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		_, resp := handshakeOn(t, conn, request())
		return resp.StatusCode, resp.Header
	}})
	p.conn.Close()
	_ = u.Close()
	await(t, p.session.Done(), "the session's end")
}

func fixtureInSynctest(t *testing.T, u *ws.Upgrader, test func(*testing.T, *fixture)) {
	synctest.Test(t, func(t *testing.T) {
		u := copyOptions(u)
		end, peer := newDuplex()
		session, stream, err := u.Handle(&responseWriter{conn: end}, request())
		if err != nil {
			t.Fatal(err)
		}
		p := &pair{newClient(t, peer), session, stream}
		defer func() {
			p.conn.Close()
			_ = u.Close()
			<-session.Done()
		}()
		test(t, &fixture{pair: p, u: u, synctest: true, handshake: func() (int, http.Header) {
			w := httptest.NewRecorder()
			_, _, _ = u.Handle(w, request())
			return w.Code, w.Header()
		}})
	})
}
