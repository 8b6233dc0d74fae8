package ws_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"time"

	"github.com/handset-go/handset/ws"
)

// Recv is for those who decide themselves when to receive.
func ExampleMessageStream_Recv() {
	_, stream, client := connect(&ws.Upgrader{})
	defer client.leave()

	client.say("hello")
	client.close(ws.CloseNormal, "")
	for {
		msg, err := stream.Recv(context.Background())
		if err == io.EOF {
			fmt.Println("the end")
			break
		}
		if err != nil {
			log.Fatal(err)
		}
		fmt.Printf("%v %q\n", msg.Kind, msg.Data)
	}
	// Output:
	// Text "hello"
	// Close ""
	// the end
}

// A deadline of one Recv harms nothing: the next one carries on.
func ExampleMessageStream_Recv_deadline() {
	_, stream, client := connect(&ws.Upgrader{})
	defer client.leave()

	soon, cancel := context.WithTimeout(context.Background(), time.Millisecond)
	defer cancel()
	_, err := stream.Recv(soon)
	fmt.Println(err)

	client.say("sorry, I am late")
	msg, err := stream.Recv(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%s\n", msg.Data)
	// Output:
	// context deadline exceeded
	// sorry, I am late
}

// The stream itself delivers a message as it comes, in bounded memory: one
// that the peer has fragmented, in pieces.
func ExampleMessageStream_All() {
	_, stream, client := connect(&ws.Upgrader{})
	defer client.leave()

	client.say("whole")
	client.sayInPieces("in ", "pieces")
	client.close(ws.CloseNormal, "bye")
	for msg, err := range stream.All(context.Background()) {
		if err != nil {
			log.Fatal(err)
		}
		switch msg.Kind {
		case ws.Close:
			fmt.Println(msg.Kind, msg.Reason.Code, msg.Reason.Description)
		default:
			fmt.Printf("%v %q\n", msg.Kind, msg.Data)
		}
	}
	// Output:
	// Text "whole"
	// FirstText "in "
	// Continue "pieces"
	// Last ""
	// Close 1000 normal bye
}

// A channel can be waited for together with others. Its messages own their
// Data, and may be kept.
func ExampleMessageStream_Chan() {
	session, stream, client := connect(&ws.Upgrader{})
	defer client.leave()

	done := make(chan struct{}) // closed when the server ends
	heartbeat := time.NewTicker(time.Minute)
	defer heartbeat.Stop()

	client.say("one")
	client.say("two")
	client.close(ws.CloseNormal, "")

	messages := stream.Chan()
	for open := true; open; {
		select {
		case msg, ok := <-messages:
			if open = ok; ok {
				fmt.Printf("%v %q\n", msg.Kind, msg.Data)
			}
		case <-heartbeat.C:
			if err := session.Ping(context.Background(), nil); err != nil {
				log.Print(err)
			}
		case <-done:
			session.Close(ws.CloseReason{Code: ws.CloseGoingAway})
			done = nil // once is enough
		}
	}
	fmt.Println("why it ended:", stream.Err())
	// Output:
	// Text "one"
	// Text "two"
	// Close ""
	// why it ended: <nil>
}

// When the channel is closed, Err tells a Close from a lost connection.
func ExampleMessageStream_Err() {
	_, stream, client := connect(&ws.Upgrader{})
	defer client.leave()

	client.vanish()
	for range stream.Chan() {
	}
	fmt.Println(errors.Is(stream.Err(), io.ErrUnexpectedEOF))
	// Output: true
}

// A frame that is too long for the application fails the session.
func ExampleMessageStream_MaxFrameSize() {
	session, stream, client := connect(&ws.Upgrader{})
	defer client.leave()

	stream.MaxFrameSize(10)
	client.say("short")
	client.say("not so short")
	for msg, err := range stream.All(context.Background()) {
		fmt.Printf("%q %v\n", msg.Data, err)
	}
	fmt.Println("the client received", client.hear())
	<-session.Done()
	// Output:
	// "short" <nil>
	// "" ws: failed with 1009 message too big: frame of 12 bytes is longer than 10
	// the client received Close 1009 "frame of 12 bytes is longer than 10"
}

// Aggregate puts fragmented messages together, up to a size.
func ExampleMessageStream_Aggregate() {
	_, stream, client := connect(&ws.Upgrader{})
	defer client.leave()

	whole := stream.Aggregate(64 << 10)
	client.sayInPieces("hel", "lo, ", "world")
	msg, err := whole.Recv(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%v %q\n", msg.Kind, msg.Data)
	// Output: Text "hello, world"
}
