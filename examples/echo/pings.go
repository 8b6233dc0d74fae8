package main

import (
	"context"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"github.com/handset-go/handset/ws"
)

// pings shows a page what its scripts cannot see: a browser answers pings by
// itself and tells JavaScript nothing. Every text message asks for one ping
// with that text as its payload, and when the pong is back, the answer is the
// time it took, in milliseconds. (The echo has a connection of its own, and stays an echo.)
func (s *site) pings(w http.ResponseWriter, r *http.Request) {
	s.talks.Add(1)
	session, stream, err := s.sessions.Handle(w, r)
	if err != nil {
		s.talks.Done()
		slog.Warn("refused", "err", err)
		return
	}
	go func() {
		defer s.talks.Done()
		defer session.Close(ws.CloseReason{})
		if err := pingOnRequest(session, stream.Aggregate(maxControlPayload)); err != nil {
			slog.Warn("pings ended", "peer", session.RemoteAddr(), "err", err)
		}
	}()
}

// maxControlPayload is what fits in a ping (RFC 6455 section 5.5).
const maxControlPayload = 125

// pingOnRequest keeps one ping under way at a time, as the page does.
func pingOnRequest(session *ws.Session, stream *ws.AggregatedStream) error {
	ctx := context.Background()
	var sent time.Time
	for msg, err := range stream.All(ctx) {
		if err != nil {
			return err
		}
		switch {
		case msg.Kind == ws.Text:
			sent = time.Now()
			err = session.Ping(ctx, msg.Data)
		case msg.Kind == ws.Pong && !sent.IsZero(): // a pong may also come unasked
			took := time.Since(sent)
			sent = time.Time{}
			slog.Info("pong", "peer", session.RemoteAddr(), "payload", string(msg.Data), "took", took.Round(time.Microsecond))
			err = session.Text(ctx, strconv.FormatFloat(took.Seconds()*1000, 'f', 3, 64))
		}
		if err != nil {
			return err
		}
	}
	return nil
}
