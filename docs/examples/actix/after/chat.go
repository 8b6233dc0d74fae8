package after

import (
	"context"
	"net/http"

	"github.com/handset-go/handset/ws"
)

// Chat has a list of its sessions in its Upgrader.
type Chat struct {
	upgrader ws.Upgrader
}

// send sends text to all clients. It waits for none of them.
func (c *Chat) send(text []byte) {
	for session := range c.upgrader.Sessions() {
		_ = session.TrySend(ws.Message{Kind: ws.Text, Data: text})
	}
}

func (c *Chat) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	session, stream, err := c.upgrader.Handle(w, r)
	if err != nil {
		return
	}
	go func() {
		defer session.Close(ws.CloseReason{})
		for msg, err := range stream.Aggregate(0).All(context.Background()) {
			if err != nil {
				return
			}
			if msg.Kind == ws.Text {
				c.send(msg.Data)
			}
		}
	}()
}
