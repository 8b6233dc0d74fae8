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
	defer client.stop()

	if err := session.Text(context.Background(), "hello, 世界"); err != nil {
		log.Fatal(err)
	}
	fmt.Println("the client received", client.next())

	// Bytes that are not UTF-8 are no text, and are not sent.
	fmt.Println(session.Text(context.Background(), "\xff"))
	// Output:
	// the client received Text "hello, 世界"
	// ws: text is not UTF-8
}

// Text in a []byte need not be converted. The slice may be used again after the
// send.
func ExampleSession_TextBytes() {
	session, _, client := connect(&ws.Upgrader{})
	defer client.stop()

	var line []byte
	for i := range 3 {
		line = fmt.Appendf(line[:0], "line %d", i)
		if err := session.TextBytes(context.Background(), line); err != nil {
			log.Fatal(err)
		}
	}
	fmt.Println(client.next())
	fmt.Println(client.next())
	fmt.Println(client.next())
	// Output:
	// Text "line 0"
	// Text "line 1"
	// Text "line 2"
}

func ExampleSession_Binary() {
	session, _, client := connect(&ws.Upgrader{})
	defer client.stop()

	if err := session.Binary(context.Background(), []byte{0xCA, 0xFE}); err != nil {
		log.Fatal(err)
	}
	fmt.Println("the client received", client.next())
	// Output: the client received Binary ca fe
}

// Send accepts any message. Here each message is sent back as it was received,
// also the Close message.
func ExampleSession_Send() {
	session, stream, client := connect(&ws.Upgrader{})
	defer client.stop()

	client.sendText("hello")
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
	fmt.Println(client.next())
	fmt.Println(client.next())
	// Output:
	// Text "hello"
	// Close 1000 "bye"
}

// TrySend is for broadcasts, which must not wait for the slowest client. This
// client reads nothing and misses the messages for which its queue has no
// space.
func ExampleSession_TrySend() {
	session, _, client := connectSilent(&ws.Upgrader{Options: ws.Options{SendBuffer: 256 << 10}})
	defer client.stop()

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

// Bytes that the operating system has accepted are not counted. On an idle
// session these are all.
func ExampleSession_Buffered() {
	session, _, client := connect(&ws.Upgrader{})
	defer client.stop()

	if err := session.Text(context.Background(), "hello"); err != nil {
		log.Fatal(err)
	}
	fmt.Println(client.next())
	fmt.Println(session.Buffered(), "bytes wait")
	// Output:
	// Text "hello"
	// 0 bytes wait
}

// The session has the first subprotocol in the client's list that the server
// supports.
func ExampleSession_Subprotocol() {
	session, _, client := connect(&ws.Upgrader{Subprotocols: []string{"graphql-transport-ws"}})
	defer client.stop()

	fmt.Println(session.Subprotocol())
	// Output: graphql-transport-ws
}

func ExampleSession_RemoteAddr() {
	session, _, client := connect(&ws.Upgrader{})
	defer client.stop()

	addr, err := netip.ParseAddrPort(session.RemoteAddr().String())
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(addr.Addr())
	// Output: 127.0.0.1
}
