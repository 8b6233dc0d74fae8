package ws_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/handset-go/handset/ws"
)

// Work for a session is cancelled when the session ends.
func ExampleSession_Context() {
	session, stream, client := connect(&ws.Upgrader{})
	defer client.stop()

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

// A program that only sends lets Discard read the stream: pings are answered,
// and data messages are dropped.
func ExampleMessageStream_Discard() {
	session, stream, client := connect(&ws.Upgrader{})
	defer client.stop()

	_ = stream.Discard()
	client.sendText("I have an opinion")
	client.ping("are you listening?")
	fmt.Println(client.next())
	_ = session.Text(context.Background(), "the news")
	fmt.Println(client.next())
	// Output:
	// Pong "are you listening?"
	// Text "the news"
}

// A client that sends a data message fails its session.
func ExampleMessageStream_RefuseData() {
	session, stream, client := connect(&ws.Upgrader{})
	defer client.stop()

	_ = stream.RefuseData().Discard()
	_ = session.Text(context.Background(), "the news")
	fmt.Println(client.next())
	client.sendText("I have an opinion")
	fmt.Println(client.next())
	// Output:
	// Text "the news"
	// Close 1008 "data for a session that only sends"
}

// A peer that begins a message must complete it in time.
func Example_errMessageTimeout() {
	_, stream, client := connect(&ws.Upgrader{Options: ws.Options{MessageTimeout: 20 * time.Millisecond}})
	defer client.stop()

	client.sendFragment(ws.FirstText, "Once upon a time") // and nothing more
	_, err := stream.Aggregate(1 << 20).Recv(context.Background())
	fmt.Println(errors.Is(err, ws.ErrMessageTimeout))
	fmt.Println(client.next())
	// Output:
	// true
	// Close 1008 "message timeout"
}
