package ws_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/handset-go/handset/ws"
)

// The peer answers the Pings of the heartbeat. The application only sees the
// latency.
func ExampleSession_Latency() {
	answered := make(chan time.Duration, 1)
	session, stream, client := connect(&ws.Upgrader{Options: ws.Options{
		Heartbeat: ws.Heartbeat{Interval: time.Millisecond},
		Trace: &ws.Trace{HeartbeatAnswered: func(_ *ws.Session, latency time.Duration) {
			select {
			case answered <- latency:
			default: // only the first one is waited for
			}
		}},
	}})
	defer client.stop()

	fmt.Println("at first:", session.Latency())
	go func() {
		for range stream.All(context.Background()) {
		}
	}()
	fmt.Println("then less than a minute:", <-answered < time.Minute)
	fmt.Println("later known:", session.Latency() > 0)
	// Output:
	// at first: 0s
	// then less than a minute: true
	// later known: true
}

// A peer that does not answer a Ping loses its session.
func Example_errHeartbeatTimeout() {
	upgrader := &ws.Upgrader{Options: ws.Options{Heartbeat: ws.Heartbeat{Interval: 20 * time.Millisecond, Timeout: 20 * time.Millisecond}}}
	_, stream, client := connectSilent(upgrader)
	defer client.stop()

	_, err := stream.Recv(context.Background())
	fmt.Println(errors.Is(err, ws.ErrHeartbeatTimeout))
	// Output:
	// true
}
