package wstest_test

import (
	"errors"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/handset-go/handset/ws"
	"github.com/handset-go/handset/wstest"
)

func TestPairInOneGoroutine(t *testing.T) {
	client, server := wstest.Pair(t, nil, nil)
	for _, test := range []struct {
		name     string
		from, to wstest.Endpoint
	}{{"to the server", client, server}, {"to the client", server, client}} {
		if err := test.from.Session.Text(t.Context(), test.name); err != nil {
			t.Fatal(err)
		}
		msg, err := test.to.Stream.Recv(t.Context())
		if err != nil || msg.Kind != ws.Text || string(msg.Data) != test.name {
			t.Fatalf("%s: %v %q, %v", test.name, msg.Kind, msg.Data, err)
		}
	}
}

func TestPairOptions(t *testing.T) {
	names := []string{"chat.v2", "chat.v1"}
	for _, test := range []struct {
		name   string
		dialer *ws.Dialer
		want   string
	}{
		{"a nil Dialer offers those of the Upgrader", nil, "chat.v2"},
		{"a Dialer offers its own", &ws.Dialer{Subprotocols: []string{"chat.v1", "chat.v2"}}, "chat.v1"},
		{"a Dialer offers none", &ws.Dialer{}, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			client, server := wstest.Pair(t, &ws.Upgrader{Subprotocols: names}, test.dialer)
			if a, b := client.Session.Subprotocol(), server.Session.Subprotocol(); a != test.want || b != test.want {
				t.Errorf("subprotocols %q and %q, want %q", a, b, test.want)
			}
		})
	}
}

func TestPairCompresses(t *testing.T) {
	options := ws.Options{SessionStats: true}
	client, server := wstest.Pair(t, &ws.Upgrader{Compression: ws.Frugal(), Options: options}, nil)
	text := make([]byte, 10_000)
	for _, test := range []struct{ from, to wstest.Endpoint }{{server, client}, {client, server}} {
		if err := test.from.Session.TextBytes(t.Context(), text); err != nil {
			t.Fatal(err)
		}
		if msg, err := test.to.Stream.Recv(t.Context()); err != nil || len(msg.Data) != len(text) {
			t.Fatalf("received %d bytes, %v", len(msg.Data), err)
		}
	}
	stats := server.Session.Stats()
	if stats.In.Wire > 1000 || stats.Out.Wire > 1000 {
		t.Errorf("the server has received %d bytes and sent %d", stats.In.Wire, stats.Out.Wire)
	}
}

func TestPairWriteTimeoutInSynctest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, server := wstest.Pair(t, &ws.Upgrader{Options: ws.Options{WriteTimeout: time.Hour}}, nil)
		began := time.Now()
		for server.Session.TrySend(ws.Message{Kind: ws.Binary, Data: make([]byte, 16<<10)}) == nil {
			synctest.Wait() // until the connection is full
		}
		<-server.Session.Done()
		if err := server.Session.Err(); !errors.Is(err, ws.ErrWriteTimeout) {
			t.Errorf("the session ended with %v", err)
		}
		// The last bytes for which the connection had room count as taken when
		// the write that they belong to ends.
		if took := time.Since(began); took < time.Hour || took > 2*time.Hour+time.Second {
			t.Errorf("the session ended after %v", took)
		}
	})
}

func TestPairCloseTimeoutInSynctest(t *testing.T) {
	options := ws.Options{CloseTimeout: time.Minute}
	for _, test := range []struct {
		name string
		end  func(client, server wstest.Endpoint) *ws.Session
	}{
		{"of the server", func(_, server wstest.Endpoint) *ws.Session { return server.Session }},
		{"of the client", func(client, _ wstest.Endpoint) *ws.Session { return client.Session }},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				session := test.end(wstest.Pair(t, &ws.Upgrader{Options: options}, &ws.Dialer{Options: options}))
				began := time.Now()
				if err := session.Close(ws.CloseReason{Code: ws.CloseGoingAway}); err != nil {
					t.Fatal(err)
				}
				<-session.Done()
				if err := session.Err(); !errors.Is(err, ws.ErrCloseTimeout) || time.Since(began) != time.Minute {
					t.Errorf("the session ended with %v after %v", err, time.Since(began))
				}
			})
		})
	}
}

// The client of a nil Dialer sends no Pings, which would keep the session alive.
func TestPairHeartbeatTimeoutInSynctest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, server := wstest.Pair(t, nil, nil)
		if _, err := server.Stream.Recv(t.Context()); !errors.Is(err, ws.ErrHeartbeatTimeout) {
			t.Errorf("received %v", err)
		}
	})
}

func TestPairClosingHandshakeInSynctest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, server := wstest.Pair(t, nil, nil)
		began := time.Now()
		_ = server.Stream.Discard()
		_ = client.Session.Close(ws.CloseReason{Code: ws.CloseNormal})
		for _, session := range []*ws.Session{client.Session, server.Session} {
			<-session.Done()
			var closed *ws.CloseError
			if err := session.Err(); !errors.As(err, &closed) || closed.Received.Code != ws.CloseNormal || time.Since(began) != 0 {
				t.Errorf("a session ended with %v after %v", err, time.Since(began))
			}
		}
	})
}

func TestPairEndsWithTest(t *testing.T) {
	var ends [2]wstest.Endpoint
	synctest.Test(t, func(t *testing.T) {
		ends[0], ends[1] = wstest.Pair(t, nil, nil)
	})
	for _, end := range ends {
		if err := end.Session.Text(t.Context(), "too late"); !errors.Is(err, net.ErrClosed) {
			t.Errorf("a send after the test: %v", err)
		}
	}
}
