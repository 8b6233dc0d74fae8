package ws_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"time"

	"github.com/handset-go/handset/ws"
)

// A peer that violates the protocol is sent a Close frame with the code and the
// text of the error.
func ExampleProtocolError() {
	_, stream, client := connect(&ws.Upgrader{})
	defer client.stop()

	client.sendInvalidText()
	_, err := stream.Recv(context.Background())

	var protocol *ws.ProtocolError
	if errors.As(err, &protocol) {
		fmt.Println(protocol.Code)
		fmt.Println(protocol.Err)
	}
	fmt.Println("the client received", client.next())
	// Output:
	// 1007 invalid payload
	// text is not UTF-8
	// the client received Close 1007 "text is not UTF-8"
}

// A send after the end of the session fails with ErrClosed, which wraps the
// reason for the end.
func Example_errClosed() {
	session, stream, client := connect(&ws.Upgrader{})
	defer client.stop()

	client.disconnect()
	_, _ = stream.Recv(context.Background())
	<-session.Done()

	err := session.Text(context.Background(), "hello?")
	fmt.Println("closed:", errors.Is(err, ws.ErrClosed), errors.Is(err, net.ErrClosed))
	fmt.Println("without a Close:", errors.Is(err, io.ErrUnexpectedEOF))
	// Output:
	// closed: true true
	// without a Close: true
}

// After a message that is too big, a Close without a code sends the code 1009.
func Example_errMessageTooBig() {
	session, stream, client := connect(&ws.Upgrader{})
	defer client.stop()

	client.sendText("much too long")
	_, err := stream.Aggregate(10).Recv(context.Background())
	if errors.Is(err, ws.ErrMessageTooBig) {
		session.Close(ws.CloseReason{})
	}
	fmt.Println("the client received", client.next())
	// Output: the client received Close 1009 ""
}

// A client that is too slow for a broadcast misses messages, or is
// disconnected.
func Example_errBufferFull() {
	session, _, client := connectSilent(&ws.Upgrader{})
	defer client.stop()

	frame := ws.Message{Kind: ws.Binary, Data: make([]byte, 16<<10)}
	var err error
	for err == nil {
		err = session.TrySend(frame)
	}
	if errors.Is(err, ws.ErrBufferFull) {
		fmt.Println("too slow:", session.Buffered() <= 64<<10)
		session.Close(ws.CloseReason{Code: ws.CloseTryAgainLater})
	}
	// Output: too slow: true
}

// A peer that accepts no data for WriteTimeout loses its session. Sends that
// wait return.
func Example_errWriteTimeout() {
	session, _, client := connectSilent(&ws.Upgrader{Options: ws.Options{WriteTimeout: 500 * time.Millisecond}})
	defer client.stop()

	data := make([]byte, 64<<10)
	var err error
	for err == nil {
		err = session.Binary(context.Background(), data)
	}
	fmt.Println(errors.Is(err, ws.ErrWriteTimeout), errors.Is(err, ws.ErrClosed))

	<-session.Done()
	fmt.Println(session.Err())
	// Output:
	// true true
	// ws: write timeout
}

// A peer that does not answer a Close frame loses its session after
// CloseTimeout.
func Example_errCloseTimeout() {
	session, _, client := connectSilent(&ws.Upgrader{Options: ws.Options{CloseTimeout: 10 * time.Millisecond}})
	defer client.stop()

	session.Close(ws.CloseReason{Code: ws.CloseNormal})
	<-session.Done()
	fmt.Println(session.Err())
	// Output: ws: close timeout
}

// A session that the program no longer references, for example because its
// handler has panicked, ends when the garbage collector finds it.
func Example_errAbandoned() {
	ended := make(chan error, 1)
	upgrader := &ws.Upgrader{Options: ws.Options{Trace: &ws.Trace{
		SessionEnd: func(_ *ws.Session, err error) { ended <- err },
	}}}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, _, err := upgrader.Handle(w, r); err == nil {
			panic(http.ErrAbortHandler)
		}
	}))
	defer server.Close()
	client := dialPeer(server)
	client.listen()

	for len(ended) == 0 {
		runtime.GC() // which runs by itself, every two minutes at the latest
	}
	fmt.Println(<-ended)
	fmt.Println("the client received", client.next())
	// Output:
	// ws: session abandoned: neither half is referenced any more
	// the client received nothing more
}

// A stream has one reader at a time.
func Example_errConcurrentRecv() {
	_, stream, client := connect(&ws.Upgrader{})
	defer client.stop()

	client.sendText("hello")
	for msg, err := range stream.All(context.Background()) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Printf("the loop received %q\n", msg.Data)

		_, err = stream.Recv(context.Background())
		fmt.Println("inside the loop:", err)
		break
	}
	client.sendText("again")
	msg, err := stream.Recv(context.Background())
	fmt.Printf("after the loop: %q %v\n", msg.Data, err)
	// Output:
	// the loop received "hello"
	// inside the loop: ws: stream has another reader
	// after the loop: "again" <nil>
}
