// Package after has the programs of the guide for users of melody, as they are written
// with handset.
package after

import (
	"context"
	"net/http"

	"github.com/handset-go/handset/ws"
)

// Chat sends each message to all clients.
func Chat() http.Handler {
	upgrader := new(ws.Upgrader)
	return upgrader.Handler(func(_ *ws.Session, stream *ws.MessageStream) {
		for msg, err := range stream.Aggregate(1 << 10).All(context.Background()) {
			if err != nil || msg.Kind != ws.Text {
				continue // a message that is too long, or a control message
			}
			for other := range upgrader.Sessions() {
				_ = other.TrySend(msg)
			}
		}
	})
}
