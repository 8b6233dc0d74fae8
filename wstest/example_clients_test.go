package wstest_test

import (
	"context"
	"fmt"
	"net/http"
	"testing"

	"github.com/handset-go/handset/internal/exampletest"
	"github.com/handset-go/handset/ws"
	"github.com/handset-go/handset/wstest"
)

// chat returns the handler under test: it welcomes each client, and sends every text to
// all of them.
func chat() http.Handler {
	u := new(ws.Upgrader)
	return u.Handler(func(session *ws.Session, stream *ws.MessageStream) {
		_ = session.Text(context.Background(), "welcome")
		for msg, err := range stream.All(context.Background()) {
			if err != nil {
				return
			}
			if msg.Kind != ws.Text {
				continue
			}
			for session := range u.Sessions() {
				_ = session.TrySend(msg)
			}
		}
	})
}

// What one of five clients says reaches all.
func ExampleServer_DialN() {
	t := new(exampletest.TB) // in a test, its *testing.T
	defer t.End()

	clients := wstest.NewServer(t, chat()).DialN(t, 5, nil)
	for _, client := range clients {
		wstest.ExpectText(t, client.Stream, "welcome")
	}
	_ = clients[0].Session.Text(context.Background(), "hello")
	for _, client := range clients {
		wstest.ExpectText(t, client.Stream, "hello")
	}
	fmt.Println("all have received it")
	// Output: all have received it
}

// Each client has a name in its request. A failure says which client it is of.
func ExampleClients_Each() {
	t := new(exampletest.TB) // in a test, its *testing.T
	defer t.End()

	server := wstest.NewServer(t, http.HandlerFunc(greet))
	clients := server.DialN(t, 3, func(i int) (string, *ws.Dialer) {
		return "/?name=" + []string{"Ada", "Bob", "Eve"}[i], nil
	})
	clients.Each(t, func(t testing.TB, i int, client wstest.Endpoint) {
		msg := wstest.Recv(t, client.Stream)
		if name := []string{"Ada", "Eve", "Eve"}[i]; string(msg.Data) != "Hello, "+name+"!" {
			t.Errorf("received %q", msg.Data)
		}
	})
	// Output: client 1: received "Hello, Bob!"
}

// Clients that answer pings while the test does something else.
func ExampleClients_Collect() {
	t := new(exampletest.TB) // in a test, its *testing.T
	defer t.End()

	clients := wstest.NewServer(t, chat()).DialN(t, 3, nil)
	collectors := clients.Collect(t)
	for _, c := range collectors {
		wstest.ExpectText(t, c, "welcome")
	}
	for _, text := range []string{"one", "two"} {
		_ = clients[0].Session.Text(context.Background(), text)
	}
	for i, c := range collectors {
		fmt.Printf("client %d: %s, %s\n", i, wstest.Recv(t, c).Data, wstest.Recv(t, c).Data)
	}
	// Output:
	// client 0: one, two
	// client 1: one, two
	// client 2: one, two
}

// A stream that is read in the background.
func ExampleCollect() {
	t := new(exampletest.TB) // in a test, its *testing.T
	defer t.End()

	client, server := wstest.Pair(t, nil, nil)
	c := wstest.Collect(t, client.Stream)
	_ = server.Session.Ping(context.Background(), []byte("?"))
	wstest.Expect(t, server.Stream, ws.Message{Kind: ws.Pong, Data: []byte("?")})
	_ = server.Session.Text(context.Background(), "hello")
	wstest.ExpectText(t, c, "hello")
	fmt.Println("the ping was answered before the test received anything")
	// Output: the ping was answered before the test received anything
}

// A Collector is received from as a stream is.
func ExampleCollector_Recv() {
	t := new(exampletest.TB) // in a test, its *testing.T
	defer t.End()

	_, stream := wstest.Dial(t, say(text("hello")))
	msg, err := wstest.Collect(t, stream).Recv(context.Background())
	fmt.Println(msg.Kind, string(msg.Data), err)
	// Output: Text hello <nil>
}

// The test knows that all has been received by the answer to a ping. In a bubble it may
// call synctest.Wait instead.
func ExampleCollector_Received() {
	t := new(exampletest.TB) // in a test, its *testing.T
	defer t.End()

	client, server := wstest.Pair(t, nil, nil)
	c := wstest.Collect(t, client.Stream)
	_ = server.Session.Text(context.Background(), "one")
	_ = server.Session.Text(context.Background(), "two")
	_ = server.Session.Ping(context.Background(), nil)
	wstest.Expect(t, server.Stream, ws.Message{Kind: ws.Pong})
	for _, msg := range c.Received() {
		fmt.Printf("%s\n", msg.Data)
	}
	// Output:
	// one
	// two
}
