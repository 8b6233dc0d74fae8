package ws_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/netip"

	"github.com/handset-go/handset/ws"
)

func ExampleSession_Text() {
	session, _, client := connect(&ws.Upgrader{})
	defer client.leave()

	if err := session.Text(context.Background(), "hello, 世界"); err != nil {
		log.Fatal(err)
	}
	fmt.Println("the client received", client.hear())

	// Bytes that are not UTF-8 are no text, and are not sent.
	fmt.Println(session.Text(context.Background(), "\xff"))
	// Output:
	// the client received Text "hello, 世界"
	// ws: text is not UTF-8
}

// Text that is in a []byte need not be converted, and the slice may be used
// again at once.
func ExampleSession_TextBytes() {
	session, _, client := connect(&ws.Upgrader{})
	defer client.leave()

	var line []byte
	for i := range 3 {
		line = fmt.Appendf(line[:0], "line %d", i)
		if err := session.TextBytes(context.Background(), line); err != nil {
			log.Fatal(err)
		}
	}
	fmt.Println(client.hear())
	fmt.Println(client.hear())
	fmt.Println(client.hear())
	// Output:
	// Text "line 0"
	// Text "line 1"
	// Text "line 2"
}

func ExampleSession_Binary() {
	session, _, client := connect(&ws.Upgrader{})
	defer client.leave()

	if err := session.Binary(context.Background(), []byte{0xCA, 0xFE}); err != nil {
		log.Fatal(err)
	}
	fmt.Println("the client received", client.hear())
	// Output: the client received Binary ca fe
}

// Send takes any message, such as one just received: here each goes back as it
// came, the Close too.
func ExampleSession_Send() {
	session, stream, client := connect(&ws.Upgrader{})
	defer client.leave()

	client.say("hello")
	client.close(ws.CloseNormal, "bye")
	ctx := context.Background()
	for msg, err := range stream.Aggregate(0).All(ctx) {
		if err != nil {
			log.Fatal(err)
		}
		if msg.Kind == ws.Ping || msg.Kind == ws.Pong {
			continue // a Ping has been answered
		}
		if err := session.Send(ctx, msg); err != nil {
			log.Fatal(err)
		}
	}
	fmt.Println(client.hear())
	fmt.Println(client.hear())
	// Output:
	// Text "hello"
	// Close 1000 "bye"
}

// TrySend is for broadcasts, in which nobody is to wait for the slowest: this
// client reads nothing, and loses what its queue has no room for.
func ExampleSession_TrySend() {
	session, _, client := connectSilent(&ws.Upgrader{SendBuffer: 256 << 10})
	defer client.leave()

	frame := ws.Message{Kind: ws.Binary, Data: make([]byte, 32<<10)}
	for {
		err := session.TrySend(frame)
		if errors.Is(err, ws.ErrBufferFull) {
			fmt.Println(err)
			break
		}
		if err != nil {
			log.Fatal(err)
		}
	}
	fmt.Println("still open:", session.Err() == nil)
	// Output:
	// ws: send buffer full
	// still open: true
}

// What the system has taken is not counted: on an idle session that is all.
func ExampleSession_Buffered() {
	session, _, client := connect(&ws.Upgrader{})
	defer client.leave()

	if err := session.Text(context.Background(), "hello"); err != nil {
		log.Fatal(err)
	}
	fmt.Println(client.hear())
	fmt.Println(session.Buffered(), "bytes wait")
	// Output:
	// Text "hello"
	// 0 bytes wait
}

// The first subprotocol that the client lists, and the server speaks, is the
// session's.
func ExampleSession_Subprotocol() {
	session, _, client := connect(&ws.Upgrader{Subprotocols: []string{"graphql-transport-ws"}})
	defer client.leave()

	fmt.Println(session.Subprotocol())
	// Output: graphql-transport-ws
}

func ExampleSession_RemoteAddr() {
	session, _, client := connect(&ws.Upgrader{})
	defer client.leave()

	addr, err := netip.ParseAddrPort(session.RemoteAddr().String())
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(addr.Addr())
	// Output: 127.0.0.1
}
