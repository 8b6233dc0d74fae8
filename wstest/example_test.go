package wstest_test

import (
	"context"
	"fmt"
	"net/http"

	"github.com/coder/websocket"

	"github.com/handset-go/handset/ws"
	"github.com/handset-go/handset/wstest"
)

// greet is the handler under test.
func greet(w http.ResponseWriter, r *http.Request) {
	session, _, err := ws.Handle(w, r)
	if err != nil {
		return // Handle has answered the client
	}
	_ = session.Text(r.Context(), "Hello, "+r.URL.Query().Get("name")+"!")
	_ = session.Close(ws.CloseReason{Code: ws.CloseNormal, Description: "that is all"})
}

// A test of a handler, with a client that dials it.
func ExampleNewServer() {
	t := new(exampleTB) // in a test, its *testing.T
	defer t.end()
	ctx := context.Background() // t.Context()

	server := wstest.NewServer(t, http.HandlerFunc(greet))
	client, err := server.Dial(ctx, "/greet?name=Ada", nil)
	if err != nil {
		t.Fatal(err)
	}
	_, message, err := client.Read(ctx)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Printf("%s\n", message)

	_, _, err = client.Read(ctx)
	fmt.Println("closed with", websocket.CloseStatus(err))
	// Output:
	// Hello, Ada!
	// closed with StatusNormalClosure
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
	t := new(exampleTB) // in a test, its *testing.T
	defer t.end()
	ctx := context.Background() // t.Context()

	client, session, stream := wstest.Pair(t, nil)
	if err := client.Write(ctx, websocket.MessageText, []byte("hello")); err != nil {
		t.Fatal(err)
	}
	if err := shout(ctx, session, stream); err != nil {
		t.Fatal(err)
	}
	_, message, err := client.Read(ctx)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Printf("%s\n", message)
	// Output: hello!
}
