package ws_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"

	"github.com/handset-go/handset/ws"
)

// Close sends a reason, and does not wait for the peer's answer.
func ExampleSession_Close() {
	session, _, client := connect(&ws.Upgrader{})
	defer client.stop()

	reason := ws.CloseReason{Code: ws.CloseGoingAway, Description: "server restarts"}
	if err := session.Close(reason); err != nil {
		log.Fatal(err)
	}
	fmt.Println("the client received", client.next())

	err := session.Text(context.Background(), "too late")
	fmt.Println("sending after Close is ErrClosed:", errors.Is(err, ws.ErrClosed))
	fmt.Println("closing again:", session.Close(ws.CloseReason{}))
	// Output:
	// the client received Close 1001 "server restarts"
	// sending after Close is ErrClosed: true
	// closing again: <nil>
}

// The peer's Close frame is the last message of the stream. The application may
// answer it with another reason.
func ExampleSession_Close_answer() {
	session, stream, client := connect(&ws.Upgrader{})
	defer client.stop()

	client.close(ws.CloseNormal, "that was all")
	ctx := context.Background()
	for msg, err := range stream.All(ctx) {
		if err != nil {
			log.Fatal(err)
		}
		if msg.Kind == ws.Close {
			fmt.Println(msg.Reason.Code, msg.Reason.Description)
			session.Close(ws.CloseReason{Code: 4000, Description: "see you"})
		}
	}
	fmt.Println("the client received", client.next())
	// Output:
	// 1000 normal that was all
	// the client received Close 4000 "see you"
}

// Done is closed when the connection is closed. Err then returns the reason.
func ExampleSession_Done() {
	session, _, client := connect(&ws.Upgrader{})
	defer client.stop()

	session.Close(ws.CloseReason{Code: ws.CloseNormal})
	<-session.Done()
	fmt.Println(session.Err())
	// Output: ws: session closed: 1000 normal
}

// A CloseError has the contents of both Close frames, and which side closed
// first.
func ExampleCloseError() {
	session, stream, client := connect(&ws.Upgrader{})
	defer client.stop()

	client.close(4001, "see you tomorrow")
	for range stream.All(session.Context()) {
	}
	<-session.Done()

	var end *ws.CloseError
	if errors.As(session.Err(), &end) {
		fmt.Println("the peer's:", end.Received.Code, end.Received.Description)
		fmt.Println("ours:", end.Sent.Code, "by the peer:", end.ByPeer)
	}
	fmt.Println("as any end after Close:", errors.Is(session.Err(), ws.ErrClosed))
	// Output:
	// the peer's: 4001 see you tomorrow
	// ours: 4001 by the peer: true
	// as any end after Close: true
}

// Err distinguishes a lost connection from a closing handshake.
func ExampleSession_Err() {
	session, stream, client := connect(&ws.Upgrader{})
	defer client.stop()

	fmt.Println("open:", session.Err())
	client.disconnect()
	for range stream.All(context.Background()) {
		// A session notices a lost connection at once only if it is read.
	}
	<-session.Done()
	err := session.Err()
	fmt.Println("lost:", errors.Is(err, io.ErrUnexpectedEOF), "closed:", errors.Is(err, net.ErrClosed))
	// Output:
	// open: <nil>
	// lost: true closed: false
}

// A reason that may not be sent is an error, and the session stays open.
func ExampleCloseReason() {
	session, _, client := connect(&ws.Upgrader{})
	defer client.stop()

	fmt.Println(session.Close(ws.CloseReason{Code: 1006}))
	fmt.Println(session.Close(ws.CloseReason{Description: "without a code"}))
	fmt.Println(session.Close(ws.CloseReason{Code: ws.ClosePolicyViolation, Description: "no spam"}))
	fmt.Println("the client received", client.next())
	// Output:
	// ws: close code 1006 may not be sent
	// ws: close description is not UTF-8, or has no code
	// <nil>
	// the client received Close 1008 "no spam"
}

func ExampleCloseCode_String() {
	fmt.Println(ws.CloseNormal)
	fmt.Println(ws.CloseMessageTooBig)
	fmt.Println(ws.CloseCode(4321))
	// Output:
	// 1000 normal
	// 1009 message too big
	// 4321
}
