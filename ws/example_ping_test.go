package ws_test

import (
	"context"
	"fmt"
	"log"

	"github.com/handset-go/handset/ws"
)

// The stream delivers the peer's Pong, with the payload of the Ping.
func ExampleSession_Ping() {
	session, stream, client := connect(&ws.Upgrader{})
	defer client.stop()

	ctx := context.Background()
	if err := session.Ping(ctx, []byte("are you there?")); err != nil {
		log.Fatal(err)
	}
	msg, err := stream.Recv(ctx)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%v %q\n", msg.Kind, msg.Data)
	// Output: Pong "are you there?"
}

// With ManualPong the application answers the peer's pings.
func ExampleSession_Pong() {
	session, stream, client := connect(&ws.Upgrader{Options: ws.Options{ManualPong: true}})
	defer client.stop()

	client.ping("still there?")
	ctx := context.Background()
	msg, err := stream.Recv(ctx)
	if err != nil {
		log.Fatal(err)
	}
	if msg.Kind == ws.Ping {
		if err := session.Pong(ctx, msg.Data); err != nil {
			log.Fatal(err)
		}
	}
	fmt.Println("the client received", client.next())
	// Output: the client received Pong "still there?"
}
