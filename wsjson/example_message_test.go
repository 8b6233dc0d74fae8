package wsjson_test

import (
	"context"
	"fmt"
	"log"

	"github.com/handset-go/handset/ws"
	"github.com/handset-go/handset/wsjson"
)

func ExampleRecvMessage() {
	client, server, disconnect := connect()
	defer disconnect()
	ctx := context.Background()

	_ = client.session.Ping(ctx, []byte("are you there?"))
	_ = client.session.Text(ctx, `{"x":1,"y":2}`)
	for range 2 {
		msg, err := wsjson.RecvMessage[Move](ctx, server.stream)
		fmt.Printf("%v %q %v %v\n", msg.Kind, msg.Data, msg.Value, err)
	}
	// Output:
	// Ping "are you there?" {0 0} <nil>
	// Text "{\"x\":1,\"y\":2}" {1 2} <nil>
}

// A session in which text messages are JSON and binary messages are files.
func ExampleAllMessages() {
	client, server, disconnect := connect()
	defer disconnect()
	ctx := context.Background()

	_ = client.session.Text(ctx, `{"x":1,"y":2}`)
	_ = client.session.Binary(ctx, []byte("\x89PNG"))
	_ = client.session.Close(ws.CloseReason{Code: ws.CloseNormal, Description: "done"})

	for msg, err := range wsjson.AllMessages[Move](ctx, server.stream) {
		if err != nil {
			log.Print(err)
			return
		}
		switch msg.Kind {
		case ws.Text:
			fmt.Println("move", msg.Value)
		case ws.Binary:
			fmt.Printf("file of %d bytes\n", len(msg.Data))
		case ws.Close:
			fmt.Println("closed:", msg.Reason.Description)
		}
	}
	// Output:
	// move {1 2}
	// file of 4 bytes
	// closed: done
}

func ExampleMessage_Clone() {
	client, server, disconnect := connect()
	defer disconnect()
	ctx := context.Background()

	_ = client.session.Text(ctx, `{"x":1,"y":2}`)
	_ = client.session.Close(ws.CloseReason{})

	var kept []wsjson.Message[Move]
	for msg, err := range wsjson.AllMessages[Move](ctx, server.stream) {
		if err == nil && msg.Kind == ws.Text {
			kept = append(kept, msg.Clone())
		}
	}
	fmt.Printf("%s %v\n", kept[0].Data, kept[0].Value)
	// Output: {"x":1,"y":2} {1 2}
}
