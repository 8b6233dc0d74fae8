package ws_test

import (
	"context"
	"fmt"
	"log"

	"github.com/handset-go/handset/ws"
)

// The Data of a message from Recv or All is valid until the next receive. Clone
// keeps it.
func ExampleMessage_Clone() {
	_, stream, client := connect(&ws.Upgrader{})
	defer client.stop()

	client.sendText("one")
	client.sendText("two")
	client.close(ws.CloseNormal, "")
	var history []ws.Message
	for msg, err := range stream.Aggregate(0).All(context.Background()) {
		if err != nil {
			log.Fatal(err)
		}
		history = append(history, msg.Clone())
	}
	for _, msg := range history {
		fmt.Printf("%v %q\n", msg.Kind, msg.Data)
	}
	// Output:
	// Text "one"
	// Text "two"
	// Close ""
}

func ExampleKind_String() {
	fmt.Println(ws.Text, ws.FirstBinary, ws.Kind(99))
	// Output: Text FirstBinary Kind(99)
}
