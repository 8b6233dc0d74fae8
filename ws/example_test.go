package ws_test

import (
	"context"
	"fmt"
	"log"
	"net/http/httptest"

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

// An echo server, and a client that talks to it.
func Example() {
	server := httptest.NewServer(ws.Handler(echo))
	defer server.Close()

	ctx := context.Background()
	session, stream, err := ws.Dial(ctx, server.URL)
	if err != nil {
		log.Fatal(err)
	}
	if err := session.Text(ctx, "hello, 世界"); err != nil {
		log.Fatal(err)
	}
	msg, err := stream.Aggregate(1 << 20).Recv(ctx)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%v %q\n", msg.Kind, msg.Data)
	session.Close(ws.CloseReason{Code: ws.CloseNormal, Description: "bye"})
	<-session.Done()
	fmt.Println(session.Err())
	// Output:
	// Text "hello, 世界"
	// ws: session closed: 1000 normal "bye", answered with 1000 normal
}
