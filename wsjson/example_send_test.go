package wsjson_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"math"

	"github.com/handset-go/handset/group"
	"github.com/handset-go/handset/ws"
	"github.com/handset-go/handset/wsjson"
)

func ExampleSend() {
	client, server, disconnect := connect()
	defer disconnect()
	ctx := context.Background()

	if err := wsjson.Send(ctx, server.session, Move{X: 1, Y: 2}); err != nil {
		log.Fatal(err)
	}
	msg, err := client.stream.Recv(ctx)
	fmt.Printf("%v %s %v\n", msg.Kind, msg.Data, err)

	err = wsjson.Send(ctx, server.session, math.NaN()) // nothing is sent
	fmt.Println(err)
	// Output:
	// Text {"x":1,"y":2} <nil>
	// wsjson: cannot encode value: json: unsupported value: NaN
}

// A peer that is too slow misses a value.
func ExampleTrySend() {
	_, server, disconnect := connect()
	defer disconnect()

	large := make([]byte, 100<<10)
	for {
		err := wsjson.TrySend(server.session, large)
		if errors.Is(err, ws.ErrBufferFull) {
			fmt.Println(err)
			return
		}
		if err != nil {
			log.Fatal(err)
		}
	}
	// Output: ws: send buffer full
}

// A value for several sessions is encoded once.
func ExamplePrepare() {
	client, server, disconnect := connect()
	defer disconnect()
	ctx := context.Background()

	prepared, err := wsjson.Prepare(Move{X: 1, Y: 2})
	if err != nil {
		log.Fatal(err)
	}
	for _, session := range []*ws.Session{server.session, server.session} {
		if err := session.TrySendPrepared(prepared); err != nil {
			log.Print(err)
		}
	}
	for range 2 {
		fmt.Println(wsjson.Recv[Move](ctx, client.stream))
	}
	// Output:
	// {1 2} <nil>
	// {1 2} <nil>
}

func ExampleEncode() {
	msg, err := wsjson.Encode(Move{X: 1, Y: 2})
	fmt.Printf("%v %s %v\n", msg.Kind, msg.Data, err)
	// Output: Text {"x":1,"y":2} <nil>
}

// A value is published to a group.
func ExampleEncode_group() {
	client, server, disconnect := connect()
	defer disconnect()
	ctx := context.Background()
	groups := group.New(nil, group.Options{})
	defer groups.Close()
	_ = groups.Join(ctx, "game", server.session)

	msg, err := wsjson.Encode(Move{X: 1, Y: 2})
	if err == nil {
		err = groups.Publish(ctx, "game", msg.Kind, msg.Data)
	}
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(wsjson.Recv[Move](ctx, client.stream))
	// Output: {1 2} <nil>
}
