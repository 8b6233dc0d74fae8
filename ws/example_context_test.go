package ws_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/handset-go/handset/ws"
)

// What is done for a session is given up when the session is over.
func ExampleSession_Context() {
	session, stream, client := connect(&ws.Upgrader{})
	defer client.leave()

	ctx := session.Context()
	fmt.Println("at first:", ctx.Err())
	client.close(ws.CloseNormal, "")
	_ = stream.Discard()
	<-ctx.Done()
	fmt.Println("later:", ctx.Err(), "since", context.Cause(ctx))
	// Output:
	// at first: <nil>
	// later: context canceled since ws: session closed by the peer: 1000 normal
}

// A program that only sends has the stream read nevertheless: pings are answered,
// and what a client says is dropped.
func ExampleMessageStream_Discard() {
	session, stream, client := connect(&ws.Upgrader{})
	defer client.leave()

	_ = stream.Discard()
	client.say("I have an opinion")
	client.ping("are you listening?")
	fmt.Println(client.hear())
	_ = session.Text(context.Background(), "the news")
	fmt.Println(client.hear())
	// Output:
	// Pong "are you listening?"
	// Text "the news"
}

// A client that is not meant to say anything may also be refused for it.
func ExampleMessageStream_RefuseData() {
	session, stream, client := connect(&ws.Upgrader{})
	defer client.leave()

	_ = stream.RefuseData().Discard()
	_ = session.Text(context.Background(), "the news")
	fmt.Println(client.hear())
	client.say("I have an opinion")
	fmt.Println(client.hear())
	// Output:
	// Text "the news"
	// Close 1008 "data for a session that only sends"
}

// A peer that begins a message has to come to its end.
func Example_errMessageTimeout() {
	_, stream, client := connect(&ws.Upgrader{MessageTimeout: 20 * time.Millisecond})
	defer client.leave()

	w, _ := client.conn.Writer(context.Background(), 1)
	_, _ = w.Write(make([]byte, 10_000)) // and nothing more
	_, err := stream.Aggregate(1 << 20).Recv(context.Background())
	fmt.Println(errors.Is(err, ws.ErrMessageTimeout))
	fmt.Println(client.hear())
	// Output:
	// true
	// Close 1008 "message timeout"
}
