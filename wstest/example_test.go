package wstest_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/handset-go/handset/internal/exampletest"
	"github.com/handset-go/handset/ws"
	"github.com/handset-go/handset/wstest"
)

// greet is the handler under test.
func greet(w http.ResponseWriter, r *http.Request) {
	session, _, err := ws.Handle(w, r)
	if err != nil {
		return // Handle has answered the client
	}
	_ = session.Text(r.Context(), "Hello, "+r.FormValue("name")+"!")
	_ = session.Close(ws.CloseReason{Code: ws.CloseNormal, Description: "that is all"})
}

// A test of a handler, with a client that connects to it.
func ExampleDial() {
	t := new(exampletest.TB) // in a test, its *testing.T
	defer t.End()

	_, stream := wstest.Dial(t, http.HandlerFunc(greet))
	for msg, err := range stream.All(context.Background()) { // t.Context()
		if err != nil {
			t.Fatal(err)
		}
		fmt.Printf("%v %q %v\n", msg.Kind, msg.Data, msg.Reason.Code)
	}
	// Output:
	// Text "Hello, !" 0 no status
	// Close "" 1000 normal
}

// A server has any number of clients, each with a request of its own.
func ExampleNewServer() {
	t := new(exampletest.TB) // in a test, its *testing.T
	defer t.End()
	ctx := context.Background() // t.Context()

	server := wstest.NewServer(t, http.HandlerFunc(greet))
	for _, name := range []string{"Ada", "Grace"} {
		_, stream, err := server.Dial(ctx, "/greet?name="+name, nil)
		if err != nil {
			t.Fatal(err)
		}
		msg, err := stream.Recv(ctx)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Printf("%s\n", msg.Data)
	}
	// Output:
	// Hello, Ada!
	// Hello, Grace!
}

// A Dialer sets the client's options. Here the server refuses the handshake.
func ExampleServer_Dial() {
	t := new(exampletest.TB) // in a test, its *testing.T
	defer t.End()

	server := wstest.NewServer(t, http.HandlerFunc(greet))
	foreign := &ws.Dialer{Header: http.Header{"Origin": {"https://elsewhere.example"}}}
	_, _, err := server.Dial(context.Background(), "/", foreign)
	var refused *ws.HandshakeError
	fmt.Println(errors.As(err, &refused) && refused.Status == http.StatusForbidden)
	// Output: true
}

// newsReader is a program under test that connects by itself.
type newsReader struct {
	dialer *ws.Dialer
	url    string
}

func (n *newsReader) read(ctx context.Context) (string, error) {
	session, stream, err := n.dialer.Dial(ctx, n.url)
	if err != nil {
		return "", err
	}
	defer session.Close(ws.CloseReason{})
	msg, err := stream.Recv(ctx)
	return string(msg.Data), err
}

// A test of a client that dials by itself.
func ExampleServer_Client() {
	t := new(exampletest.TB) // in a test, its *testing.T
	defer t.End()

	server := wstest.NewServer(t, http.HandlerFunc(greet))
	reader := &newsReader{&ws.Dialer{HTTPClient: server.Client()}, server.URL + "/?name=reader"}
	fmt.Println(reader.read(context.Background()))
	// Output: Hello, reader! <nil>
}

// shout is a function under test. It is called by a handler.
func shout(ctx context.Context, session *ws.Session, stream *ws.MessageStream) error {
	msg, err := stream.Recv(ctx)
	if err != nil {
		return err
	}
	return session.Text(ctx, string(msg.Data)+"!")
}

// A test of a function that is called with a session and a stream.
func ExamplePair() {
	t := new(exampletest.TB) // in a test, its *testing.T
	defer t.End()
	ctx := context.Background() // t.Context()

	client, server := wstest.Pair(t, nil, nil)
	if err := client.Session.Text(ctx, "hello"); err != nil {
		t.Fatal(err)
	}
	if err := shout(ctx, server.Session, server.Stream); err != nil {
		t.Fatal(err)
	}
	msg, err := client.Stream.Recv(ctx)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Printf("%s\n", msg.Data)
	// Output: hello!
}
