// Package after has the programs of the guide for users of gorilla/websocket, as they
// are written with handset.
package after

import (
	"context"
	"log"

	"github.com/handset-go/handset/ws"
)

// Echo sends every message back. ws.Handler(Echo) is its http.Handler.
func Echo(session *ws.Session, stream *ws.MessageStream) {
	ctx := context.Background()
	for msg, err := range stream.Aggregate(1 << 20).All(ctx) {
		if err != nil {
			log.Print(err)
			return
		}
		if msg.Kind == ws.Text || msg.Kind == ws.Binary {
			if err := session.Send(ctx, msg); err != nil {
				log.Print(err)
				return
			}
		}
	}
}
