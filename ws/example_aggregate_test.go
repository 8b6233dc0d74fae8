package ws_test

import (
	"context"
	"errors"
	"fmt"
	"log"

	"github.com/handset-go/handset/ws"
)

// A message that is longer than the limit gives one error. The stream continues
// with the next message.
func ExampleAggregatedStream_Recv() {
	_, stream, client := connect(&ws.Upgrader{})
	defer client.stop()

	client.sendFragments("much ", "too ", "long")
	client.sendText("short")
	messages := stream.Aggregate(10)
	for range 2 {
		msg, err := messages.Recv(context.Background())
		fmt.Printf("%q %v\n", msg.Data, err)
	}
	// Output:
	// "" ws: message too big
	// "short" <nil>
}

// The loop of most servers: whole messages, until the peer closes.
func ExampleAggregatedStream_All() {
	session, stream, client := connect(&ws.Upgrader{})
	defer client.stop()

	client.sendFragments("to be, ", "or not to be")
	client.close(ws.CloseNormal, "that is the question")
	for msg, err := range stream.Aggregate(1 << 10).All(context.Background()) {
		if err != nil {
			log.Fatal(err)
		}
		switch msg.Kind {
		case ws.Text, ws.Binary:
			fmt.Printf("%v %q\n", msg.Kind, msg.Data)
		case ws.Ping, ws.Pong:
			// Pings have been answered; nothing to do.
		case ws.Close:
			fmt.Println(msg.Kind, msg.Reason.Description)
			session.Close(msg.Reason)
		}
	}
	// Output:
	// Text "to be, or not to be"
	// Close that is the question
}

func ExampleAggregatedStream_Chan() {
	_, stream, client := connect(&ws.Upgrader{})
	defer client.stop()

	client.sendFragments("to be, ", "or not to be")
	client.close(ws.CloseNormal, "")
	for msg := range stream.Aggregate(1 << 10).Chan() {
		fmt.Printf("%v %q\n", msg.Kind, msg.Data)
	}
	// Output:
	// Text "to be, or not to be"
	// Close ""
}

// A message that is too big closes the channel, and the session.
func ExampleAggregatedStream_Err() {
	_, stream, client := connect(&ws.Upgrader{})
	defer client.stop()

	client.sendText("much too long")
	messages := stream.Aggregate(10)
	for range messages.Chan() {
	}
	fmt.Println(errors.Is(messages.Err(), ws.ErrMessageTooBig))
	fmt.Println("the client received", client.next())
	// Output:
	// true
	// the client received Close 1009 ""
}
