package main

import (
	"context"
	"log/slog"

	"github.com/handset-go/handset/ws"
)

// echo serves one session: it sends every message back, and answers a Close
// frame with the same code and reason.
func echo(session *ws.Session, stream *ws.MessageStream) {
	ctx := context.Background()
	log := slog.With("peer", session.RemoteAddr())
	log.Info("connected")
	for msg, err := range stream.Aggregate(1 << 20).All(ctx) {
		if err != nil {
			log.Warn("not received", "err", err)
			return
		}
		log.Info("received", "kind", msg.Kind, "bytes", len(msg.Data))
		switch msg.Kind {
		case ws.Text, ws.Binary:
			if err := session.Send(ctx, msg); err != nil {
				log.Warn("not sent", "err", err)
				return
			}
		case ws.Close:
			log.Info("closing", "code", msg.Reason.Code, "reason", msg.Reason.Description)
			session.Close(msg.Reason)
		}
	}
}
