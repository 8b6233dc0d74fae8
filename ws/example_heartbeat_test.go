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
	answered := make(chan time.Duration, 1)
	session, stream, client := connect(&ws.Upgrader{
		Heartbeat: ws.Heartbeat{Interval: time.Millisecond},
		Trace: &ws.Trace{HeartbeatAnswered: func(_ *ws.Session, latency time.Duration) {
			select {
			case answered <- latency:
			default: // only the first one is waited for
			}
		}},
	})
	defer client.leave()

	fmt.Println("at first:", session.Latency())
	go func() {
		for range stream.All(context.Background()) {
		}
	}()
	fmt.Println("then less than a second:", <-answered < time.Second)
	fmt.Println("later known:", session.Latency() > 0)
	// Output:
	// at first: 0s
	// then less than a second: true
	// later known: true
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
