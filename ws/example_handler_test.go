package ws_test

import (
	"context"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"

	"github.com/handset-go/handset/ws"
)

// An echo. The function runs in its own goroutine, and the session is closed
// when it returns.
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
	client, answers, err := ws.Dial(ctx, server.URL+"/echo")
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close(ws.CloseReason{Code: ws.CloseNormal})
	_ = client.Text(ctx, "hello")
	msg, err := answers.Recv(ctx)
	fmt.Printf("%s %v\n", msg.Data, err)
	// Output:
	// hello <nil>
}

// An Upgrader holds options. A panic in the function ends only its session.
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
	dialer := &ws.Dialer{Subprotocols: []string{"divide"}}
	_, answers, err := dialer.Dial(ctx, server.URL)
	if err != nil {
		log.Fatal(err)
	}
	msg, _ := answers.Recv(ctx)
	fmt.Println(msg.Kind, msg.Reason.Code)
	// Output:
	// Close 1011 internal error
}
