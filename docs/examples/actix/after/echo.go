// Package after has the programs of the guide for users of actix-ws, as they are written
// with handset.
package after

import (
	"context"
	"log"
	"net/http"

	"github.com/handset-go/handset/ws"
)

func Echo(w http.ResponseWriter, r *http.Request) {
	session, stream, err := ws.Handle(w, r)
	if err != nil {
		log.Print(err) // Handle has answered the client
		return
	}
	go func() {
		defer session.Close(ws.CloseReason{})
		ctx := context.Background()
		for msg, err := range stream.Aggregate(1 << 20).All(ctx) {
			if err != nil {
				return
			}
			switch msg.Kind {
			case ws.Text, ws.Binary:
				if err := session.Send(ctx, msg); err != nil {
					return
				}
			case ws.Close:
				_ = session.Close(msg.Reason)
			}
		}
	}()
}
