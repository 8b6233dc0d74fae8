package wsjson_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"

	"github.com/handset-go/handset/ws"
	"github.com/handset-go/handset/wsjson"
)

func ExampleRecv() {
	client, server, disconnect := connect()
	defer disconnect()
	ctx := context.Background()

	_ = client.session.Text(ctx, `{"x":1,"y":2}`)
	_ = client.session.Close(ws.CloseReason{Code: ws.CloseNormal})

	move, err := wsjson.Recv[Move](ctx, server.stream)
	fmt.Println(move, err)
	_, err = wsjson.Recv[Move](ctx, server.stream)
	fmt.Println(err == io.EOF)
	// Output:
	// {1 2} <nil>
	// true
}

func ExampleAll() {
	client, server, disconnect := connect()
	defer disconnect()
	ctx := context.Background()

	for _, text := range []string{`{"x":1,"y":2}`, `{"x":`, `{"x":3,"y":4}`} {
		_ = client.session.Text(ctx, text)
	}
	_ = client.session.Close(ws.CloseReason{Code: ws.CloseNormal})

	for move, err := range wsjson.All[Move](ctx, server.stream) {
		var bad *wsjson.Error
		if errors.As(err, &bad) {
			fmt.Println("ignored:", err)
			continue
		}
		if err != nil {
			log.Print(err)
			return
		}
		fmt.Println(move)
	}
	fmt.Println("closed")
	// Output:
	// {1 2}
	// ignored: wsjson: cannot decode Text message of 5 bytes: unexpected end of JSON input
	// {3 4}
	// closed
}

// A program that needs a select statement receives from a channel and decodes itself.
func ExampleDecode() {
	client, server, disconnect := connect()
	defer disconnect()
	ctx := context.Background()

	_ = client.session.Text(ctx, `{"x":1,"y":2}`)
	_ = client.session.Close(ws.CloseReason{Code: ws.CloseNormal})

	messages := server.stream.Chan()
	for {
		select {
		case msg, ok := <-messages:
			if !ok {
				fmt.Println("closed", server.stream.Err())
				return
			}
			if msg.Kind == ws.Text {
				fmt.Println(wsjson.Decode[Move](msg))
			}
		case <-ctx.Done():
			return
		}
	}
	// Output:
	// {1 2} <nil>
	// closed <nil>
}

// A bad message can be logged, and answered with a Close frame.
func ExampleError() {
	client, server, disconnect := connect()
	defer disconnect()
	ctx := context.Background()

	_ = client.session.Text(ctx, "hello")
	_, err := wsjson.Recv[Move](ctx, server.stream)
	var bad *wsjson.Error
	if errors.As(err, &bad) {
		fmt.Printf("%v %q, %d bytes\n", bad.Kind, bad.Data, bad.Size)
		fmt.Println(bad.Err)
		_ = server.session.Close(ws.CloseReason{Code: ws.CloseInvalidPayload, Description: "want JSON"})
	}
	msg, _ := client.stream.Recv(ctx)
	fmt.Println(msg.Reason.Code, msg.Reason.Description)
	// Output:
	// Text "hello", 5 bytes
	// invalid character 'h' looking for beginning of value
	// 1007 invalid payload want JSON
}

// A message that is too big is an Error as well.
func ExampleError_tooBig() {
	client, server, disconnect := connect()
	defer disconnect()
	ctx := context.Background()

	_ = wsjson.Send(ctx, client.session, make([]byte, limit))
	_ = wsjson.Send(ctx, client.session, Move{1, 2})
	_, err := wsjson.Recv[Move](ctx, server.stream)
	fmt.Println(err, errors.Is(err, ws.ErrMessageTooBig))
	fmt.Println(wsjson.Recv[Move](ctx, server.stream))
	// Output:
	// wsjson: message too big true
	// {1 2} <nil>
}
