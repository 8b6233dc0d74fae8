package ws_test

import (
	"context"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"

	"github.com/coder/websocket"

	"github.com/handset-go/handset/ws"
)

// An echo. The function has a goroutine of its own for as long as the session
// lasts, and the session is closed when it returns.
func ExampleHandler() {
	echo := func(session *ws.Session, stream *ws.MessageStream) {
		ctx := context.Background()
		for msg, err := range stream.Aggregate(1 << 20).All(ctx) {
			if err != nil {
				return
			}
			if msg.Kind == ws.Text || msg.Kind == ws.Binary {
				if err := session.Send(ctx, msg); err != nil {
					return
				}
			}
		}
	}

	mux := http.NewServeMux()
	mux.Handle("/echo", ws.Handler(echo))
	server := httptest.NewServer(mux)
	defer server.Close()

	ctx := context.Background()
	client, _, err := websocket.Dial(ctx, server.URL+"/echo", nil)
	if err != nil {
		log.Fatal(err)
	}
	defer client.CloseNow()
	_ = client.Write(ctx, websocket.MessageText, []byte("hello"))
	_, data, err := client.Read(ctx)
	fmt.Printf("%s %v\n", data, err)
	// Output:
	// hello <nil>
}

// Options go into an Upgrader. A panic in the function ends its session alone.
func ExampleUpgrader_Handler() {
	upgrader := &ws.Upgrader{Subprotocols: []string{"divide"}}
	divide := func(session *ws.Session, stream *ws.MessageStream) {
		var zero int
		_ = session.Text(context.Background(), fmt.Sprint(1/zero))
	}

	server := httptest.NewUnstartedServer(upgrader.Handler(divide))
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // which gets the panic and its stack
	server.Start()
	defer server.Close()

	ctx := context.Background()
	client, _, err := websocket.Dial(ctx, server.URL, &websocket.DialOptions{Subprotocols: []string{"divide"}})
	if err != nil {
		log.Fatal(err)
	}
	_, _, err = client.Read(ctx)
	fmt.Println(websocket.CloseStatus(err))
	// Output:
	// StatusInternalError
}
