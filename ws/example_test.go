package ws_test

import (
	"context"
	"fmt"
	"log"
	"net/http/httptest"

	"github.com/coder/websocket"

	"github.com/handset-go/handset/ws"
)

// echo serves one session. It runs in its own goroutine.
func echo(session *ws.Session, stream *ws.MessageStream) {
	ctx := context.Background()
	for msg, err := range stream.Aggregate(1 << 20).All(ctx) {
		if err != nil {
			log.Print(err)
			return
		}
		if msg.Kind == ws.Text || msg.Kind == ws.Binary {
			// msg.Data is valid until the next iteration; msg.Clone() keeps it.
			if err := session.Send(ctx, msg); err != nil {
				log.Print(err)
				return
			}
		}
	}
}

// An echo server, and a client of another library that talks to it.
func Example() {
	server := httptest.NewServer(ws.Handler(echo))
	defer server.Close()

	ctx := context.Background()
	client, _, err := websocket.Dial(ctx, server.URL, nil)
	if err != nil {
		log.Fatal(err)
	}
	if err := client.Write(ctx, websocket.MessageText, []byte("hello, 世界")); err != nil {
		log.Fatal(err)
	}
	kind, data, err := client.Read(ctx)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%v %q\n", kind, data)
	fmt.Println(client.Close(websocket.StatusNormalClosure, "bye"))
	// Output:
	// MessageText "hello, 世界"
	// <nil>
}
