package handset_test

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/coder/websocket"

	"github.com/handset-go/handset/ws"
)

// shout sends every text back in capitals, until the client closes.
func shout(w http.ResponseWriter, r *http.Request) {
	session, stream, err := ws.Handle(w, r)
	if err != nil {
		log.Print(err) // the client has had its HTTP error
		return
	}
	defer session.Close(ws.CloseReason{})
	for msg, err := range stream.Aggregate(1 << 20).All(r.Context()) {
		if err != nil {
			log.Print(err)
			return
		}
		if msg.Kind != ws.Text {
			continue // pings and the closing are answered by the library
		}
		if err := session.Text(r.Context(), strings.ToUpper(string(msg.Data))); err != nil {
			return
		}
	}
}

// A server, and a client of another library that talks to it.
func Example() {
	server := httptest.NewServer(http.HandlerFunc(shout))
	defer server.Close()

	ctx := context.Background()
	client, _, err := websocket.Dial(ctx, server.URL, nil)
	if err != nil {
		log.Fatal(err)
	}
	if err := client.Write(ctx, websocket.MessageText, []byte("hello?")); err != nil {
		log.Fatal(err)
	}
	_, answer, err := client.Read(ctx)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%s\n", answer)
	fmt.Println(client.Close(websocket.StatusNormalClosure, ""))
	// Output:
	// HELLO?
	// <nil>
}
