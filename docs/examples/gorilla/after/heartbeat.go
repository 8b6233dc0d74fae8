package after

import (
	"context"
	"log"
	"time"

	"github.com/handset-go/handset/ws"
)

// Listeners has other times than the default, which is 30 s for both.
var Listeners = ws.Upgrader{Options: ws.Options{
	Heartbeat: ws.Heartbeat{Interval: 50 * time.Second, Timeout: 10 * time.Second},
}}

// Listen logs what a client sends. A client that is gone ends the loop.
func Listen(_ *ws.Session, stream *ws.MessageStream) {
	for msg, err := range stream.Aggregate(1 << 20).All(context.Background()) {
		if err != nil {
			return // ws.ErrHeartbeatTimeout, by errors.Is, if the client was silent
		}
		if msg.Kind == ws.Text {
			log.Printf("%s", msg.Data)
		}
	}
}
