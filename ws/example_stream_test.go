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

// Recv waits for a single message.
func ExampleMessageStream_Recv() {
	_, stream, client := connect(&ws.Upgrader{})
	defer client.stop()

	client.sendText("hello")
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

// When the context of a Recv ends, the next Recv continues where it stopped.
func ExampleMessageStream_Recv_deadline() {
	_, stream, client := connect(&ws.Upgrader{})
	defer client.stop()

	soon, cancel := context.WithTimeout(context.Background(), time.Millisecond)
	defer cancel()
	_, err := stream.Recv(soon)
	fmt.Println(err)

	client.sendText("sorry, I am late")
	msg, err := stream.Recv(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%s\n", msg.Data)
	// Output:
	// context deadline exceeded
	// sorry, I am late
}

// The stream itself does not assemble messages: a message that the peer has
// fragmented arrives in chunks.
func ExampleMessageStream_All() {
	_, stream, client := connect(&ws.Upgrader{})
	defer client.stop()

	client.sendText("whole")
	client.sendFragments("in ", "chunks")
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
	// Continue "chunks"
	// Last ""
	// Close 1000 normal bye
}

// A channel can be used in a select statement. Its messages own their Data and
// may be kept.
func ExampleMessageStream_Chan() {
	session, stream, client := connect(&ws.Upgrader{})
	defer client.stop()

	done := make(chan struct{}) // closed when the server ends
	heartbeat := time.NewTicker(time.Minute)
	defer heartbeat.Stop()

	client.sendText("one")
	client.sendText("two")
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

// When the channel is closed, Err distinguishes a Close message from a lost
// connection.
func ExampleMessageStream_Err() {
	_, stream, client := connect(&ws.Upgrader{})
	defer client.stop()

	client.disconnect()
	for range stream.Chan() {
	}
	fmt.Println(errors.Is(stream.Err(), io.ErrUnexpectedEOF))
	// Output: true
}

// A frame that is longer than the limit fails the session.
func ExampleMessageStream_MaxFrameSize() {
	session, stream, client := connect(&ws.Upgrader{})
	defer client.stop()

	stream.MaxFrameSize(10)
	client.sendText("short")
	client.sendText("not so short")
	for msg, err := range stream.All(context.Background()) {
		fmt.Printf("%q %v\n", msg.Data, err)
	}
	fmt.Println("the client received", client.next())
	<-session.Done()
	// Output:
	// "short" <nil>
	// "" ws: failed with 1009 message too big: frame of 12 bytes is longer than 10
	// the client received Close 1009 "frame of 12 bytes is longer than 10"
}

// Aggregate assembles fragmented messages, up to a limit.
func ExampleMessageStream_Aggregate() {
	_, stream, client := connect(&ws.Upgrader{})
	defer client.stop()

	whole := stream.Aggregate(64 << 10)
	client.sendFragments("hel", "lo, ", "world")
	msg, err := whole.Recv(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%v %q\n", msg.Kind, msg.Data)
	// Output: Text "hello, world"
}
