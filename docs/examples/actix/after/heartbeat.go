package after

import (
	"context"
	"fmt"

	"github.com/handset-go/handset/ws"
)

// Listen logs what a client sends. A client that is gone ends the loop.
func Listen(_ *ws.Session, stream *ws.MessageStream) {
	for msg, err := range stream.Aggregate(0).All(context.Background()) {
		if err != nil {
			return
		}
		if msg.Kind == ws.Text {
			fmt.Println(string(msg.Data))
		}
	}
}
