package ws_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/handset-go/handset/ws"
)

// The peer answers the library's Pings by itself; the application sees only how
// long that takes.
func ExampleSession_Latency() {
	session, stream, client := connect(&ws.Upgrader{Heartbeat: ws.Heartbeat{Interval: time.Millisecond}})
	defer client.leave()

	fmt.Println("at first:", session.Latency())
	go func() {
		for range stream.All(context.Background()) {
		}
	}()
	for session.Latency() == 0 {
		time.Sleep(time.Millisecond)
	}
	fmt.Println("later:", session.Latency() < time.Second)
	// Output:
	// at first: 0s
	// later: true
}

// A peer that answers nothing, not even a Ping, is gone.
func Example_errHeartbeatTimeout() {
	upgrader := &ws.Upgrader{Heartbeat: ws.Heartbeat{Interval: 20 * time.Millisecond, Timeout: 20 * time.Millisecond}}
	_, stream, client := connectSilent(upgrader)
	defer client.leave()

	_, err := stream.Recv(context.Background())
	fmt.Println(errors.Is(err, ws.ErrHeartbeatTimeout))
	// Output:
	// true
}
