package ws_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/handset-go/handset/ws"
)

// What all sessions have done, for a metrics endpoint.
func ExampleUpgrader_Stats() {
	upgrader := new(ws.Upgrader)
	session, stream, client := connect(upgrader)
	defer client.leave()

	client.say("hello")
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

// What one session has done. It is counted as an option.
func ExampleSession_Stats() {
	session, _, client := connect(&ws.Upgrader{SessionStats: true})
	defer client.leave()

	_ = session.Text(context.Background(), "hello")
	client.hear()
	fmt.Printf("%+v\n", session.Stats().Out)
	// Output:
	// {Messages:1 Frames:1 Payload:5 Wire:7}
}

// How many sessions have ended for a reason, and its name for a metric.
func ExampleEndReason_String() {
	upgrader := new(ws.Upgrader)
	_, _, client := connect(upgrader)
	defer client.leave()

	_ = upgrader.Close()
	fmt.Println(upgrader.Stats().Ends[ws.EndShutdown])
	fmt.Println(ws.EndShutdown)
	// Output:
	// 1
	// shutdown
}

// A trace that logs who was refused, and how sessions end.
func ExampleTrace() {
	upgrader := &ws.Upgrader{Trace: &ws.Trace{
		HandshakeRefused: func(_ *http.Request, err *ws.HandshakeError) { fmt.Println(err) },
		CloseReceived:    func(_ *ws.Session, reason ws.CloseReason) { fmt.Println("received", reason.Code) },
		SessionEnd:       func(_ *ws.Session, err error) { fmt.Println("ended with", err) },
	}}
	_, _, _ = upgrader.Handle(httptest.NewRecorder(), httptest.NewRequest("POST", "/", nil))

	session, stream, client := connect(upgrader)
	defer client.leave()
	client.close(ws.CloseNormal, "")
	for range stream.All(context.Background()) {
	}
	<-session.Done()
	// Output:
	// ws: handshake refused with 405 Method Not Allowed: handshake method is not GET
	// received 1000 normal
	// ended with ws: session closed by the peer: 1000 normal
}
