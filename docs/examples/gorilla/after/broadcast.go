package after

import (
	"context"
	"errors"
	"log"
	"net/http"

	"github.com/handset-go/handset/ws"
)

// Chat sends each message to all clients.
type Chat struct {
	upgrader ws.Upgrader
}

func (chat *Chat) Handler() http.Handler {
	return chat.upgrader.Handler(chat.serve)
}

func (chat *Chat) serve(_ *ws.Session, stream *ws.MessageStream) {
	for msg, err := range stream.Aggregate(1 << 20).All(context.Background()) {
		if err != nil {
			return
		}
		if msg.Kind == ws.Text {
			chat.send(msg.Data)
		}
	}
}

// send queues a message for all clients. A client whose queue is full is closed.
func (chat *Chat) send(text []byte) {
	prepared, err := ws.Prepare(ws.Text, text)
	if err != nil {
		log.Print(err)
		return
	}
	for session := range chat.upgrader.Sessions() {
		if errors.Is(session.TrySendPrepared(prepared), ws.ErrBufferFull) {
			_ = session.Close(ws.CloseReason{Code: ws.CloseTryAgainLater})
		}
	}
}
