// Package after has the programs of the guide for users of coder/websocket, as they are
// written with handset.
package after

import (
	"context"
	"log"
	"net/http"

	"github.com/handset-go/handset/ws"
)

// Echo sends every message back.
func Echo(w http.ResponseWriter, r *http.Request) {
	session, stream, err := ws.Handle(w, r)
	if err != nil {
		log.Print(err)
		return
	}
	go func() {
		defer session.Close(ws.CloseReason{})
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
	}()
}
