package ws_test

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"

	"github.com/coder/websocket"

	"github.com/handset-go/handset/ws"
)

// echo sends every message back. The handler returns at once: the session goes
// on in a goroutine of its own.
func echo(w http.ResponseWriter, r *http.Request) {
	session, stream, err := ws.Handle(w, r)
	if err != nil {
		log.Print(err) // the client has had its HTTP error
		return
	}
	go func() {
		defer session.Close(ws.CloseReason{})
		for msg, err := range stream.Aggregate(1 << 20).All(context.Background()) {
			if err != nil {
				log.Print(err)
				return
			}
			switch msg.Kind {
			case ws.Text, ws.Binary:
				// msg.Data is valid until the loop goes on; msg.Clone() keeps it.
				if err := session.Send(context.Background(), msg); err != nil {
					return
				}
			case ws.Close:
				session.Close(msg.Reason)
			}
		}
	}()
}

// A server that echoes, and a client of another library that talks to it.
func Example() {
	server := httptest.NewServer(http.HandlerFunc(echo))
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
