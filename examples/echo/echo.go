package main

import (
	"context"
	"log/slog"
	"net/http"

	"github.com/handset-go/handset/ws"
)

// echo sends every message back. It returns at once: the session lives on in
// a goroutine of its own.
func (s *site) echo(w http.ResponseWriter, r *http.Request) {
	s.talks.Add(1) // before Handle: until then the server's Shutdown waits
	session, stream, err := s.sessions.Handle(w, r)
	if err != nil {
		s.talks.Done()
		slog.Warn("refused", "err", err) // the client has had its HTTP error
		return
	}
	log := slog.With("peer", session.RemoteAddr())
	log.Info("connected")
	go func() {
		defer s.talks.Done()
		defer session.Close(ws.CloseReason{})
		for msg, err := range stream.Aggregate(1 << 20).All(context.Background()) {
			if err != nil {
				log.Warn("not received", "err", err)
				return
			}
			log.Info("received", "kind", msg.Kind, "bytes", len(msg.Data))
			switch msg.Kind {
			case ws.Text, ws.Binary:
				if err := session.Send(context.Background(), msg); err != nil {
					log.Warn("not sent", "err", err)
					return
				}
			case ws.Close:
				log.Info("closing", "code", msg.Reason.Code, "reason", msg.Reason.Description)
				session.Close(msg.Reason)
			}
		}
	}()
}
