package handset_test

import (
	"context"
	"fmt"
	"log"
	"net/http/httptest"
	"strings"

	"github.com/handset-go/handset/ws"
)

// shout sends every text message back in capitals.
func shout(session *ws.Session, stream *ws.MessageStream) {
	ctx := context.Background()
	for msg, err := range stream.Aggregate(1 << 20).All(ctx) {
		if err != nil {
			log.Print(err)
			return
		}
		if msg.Kind != ws.Text {
			continue // the library answers pings and Close frames
		}
		if err := session.Text(ctx, strings.ToUpper(string(msg.Data))); err != nil {
			log.Print(err)
			return
		}
	}
}

// A server, and a client that talks to it.
func Example() {
	server := httptest.NewServer(ws.Handler(shout))
	defer server.Close()

	ctx := context.Background()
	session, stream, err := ws.Dial(ctx, server.URL)
	if err != nil {
		log.Fatal(err)
	}
	defer session.Close(ws.CloseReason{Code: ws.CloseNormal})
	if err := session.Text(ctx, "hello?"); err != nil {
		log.Fatal(err)
	}
	answer, err := stream.Aggregate(1 << 20).Recv(ctx)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%s\n", answer.Data)
	// Output: HELLO?
}
