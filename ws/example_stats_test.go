package ws_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/handset-go/handset/ws"
)

// The statistics of all sessions, for a metrics endpoint.
func ExampleUpgrader_Stats() {
	upgrader := new(ws.Upgrader)
	session, stream, client := connect(upgrader)
	defer client.stop()

	client.sendText("hello")
	client.close(ws.CloseNormal, "")
	for range stream.All(context.Background()) {
	}
	<-session.Done()

	stats := upgrader.Stats()
	fmt.Println("sessions now and ever:", stats.Sessions, stats.Total)
	fmt.Println("messages in:", stats.In.Messages, "frames in:", stats.In.Frames)
	fmt.Println("closes received:", stats.ClosesReceived)
	fmt.Println("ends:", stats.Ends)
	// Output:
	// sessions now and ever: 0 1
	// messages in: 1 frames in: 2
	// closes received: map[1000 normal:1]
	// ends: map[closed:1]
}

// The statistics of one session. They are an option.
func ExampleSession_Stats() {
	session, _, client := connect(&ws.Upgrader{Options: ws.Options{SessionStats: true}})
	defer client.stop()

	_ = session.Text(context.Background(), "hello")
	client.next()
	fmt.Printf("%+v\n", session.Stats().Out)
	// Output:
	// {Messages:1 Frames:1 Payload:5 Wire:7}
}

// The number of sessions that have ended for a reason, and the name of the
// reason.
func ExampleEndReason_String() {
	upgrader := new(ws.Upgrader)
	_, _, client := connect(upgrader)
	defer client.stop()

	_ = upgrader.Close()
	fmt.Println(upgrader.Stats().Ends[ws.EndShutdown])
	fmt.Println(ws.EndShutdown)
	// Output:
	// 1
	// shutdown
}

// A Trace that logs refused handshakes and the ends of sessions.
func ExampleTrace() {
	upgrader := &ws.Upgrader{Options: ws.Options{Trace: &ws.Trace{
		HandshakeRefused: func(_ *http.Request, err *ws.HandshakeError) { fmt.Println(err) },
		CloseReceived:    func(_ *ws.Session, reason ws.CloseReason) { fmt.Println("received", reason.Code) },
		SessionEnd:       func(_ *ws.Session, err error) { fmt.Println("ended with", err) },
	}}}
	_, _, _ = upgrader.Handle(httptest.NewRecorder(), httptest.NewRequest("POST", "/", nil))

	session, stream, client := connect(upgrader)
	defer client.stop()
	client.close(ws.CloseNormal, "")
	for range stream.All(context.Background()) {
	}
	<-session.Done()
	// Output:
	// ws: handshake refused with 405 Method Not Allowed: handshake method is not GET
	// received 1000 normal
	// ended with ws: session closed by the peer: 1000 normal
}
