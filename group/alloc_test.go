//go:build !race

package group_test

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/handset-go/handset/group"
	"github.com/handset-go/handset/ws"
)

// handshake is RFC 6455's example, of a client that allocates nothing afterwards.
const handshake = "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
	"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"

// What a message allocates does not depend on the number of members. The race detector
// makes pools forget what they were given, so this runs without it.
func TestDeliveryAllocatesNothing(t *testing.T) {
	const members = 50
	one, all := publishAllocs(t, 1), publishAllocs(t, members)
	if all-one > members/5 { // what connections still allocate for their handshakes counts too
		t.Errorf("Publish allocates %v times for 1 member and %v times for %d", one, all, members)
	}
}

// publishAllocs returns how often Publish allocates for a group of n members, over TCP.
func publishAllocs(t *testing.T, n int) float64 {
	t.Helper()
	gs := group.New(nil, group.Options{})
	joined := make(chan error)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		session, stream, err := ws.Handle(w, r)
		if err == nil {
			err = stream.Discard()
		}
		if err == nil {
			err = gs.Join(r.Context(), "news", session)
		}
		joined <- err
	}))
	defer server.Close()
	for range n {
		client, err := net.Dial("tcp", server.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer client.Close()
		if _, err := io.WriteString(client, handshake); err != nil {
			t.Fatal(err)
		}
		go io.Copy(io.Discard, client)
		if err := <-joined; err != nil {
			t.Fatal(err)
		}
	}
	data := []byte("a small message")
	return testing.AllocsPerRun(200, func() {
		if err := gs.Publish(t.Context(), "news", ws.Text, data); err != nil {
			t.Fatal(err)
		}
	})
}
