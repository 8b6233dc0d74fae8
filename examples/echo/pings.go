package main

import (
	"context"
	"log/slog"
	"strconv"
	"time"

	"github.com/handset-go/handset/ws"
)

// pings serves one session of the page's second connection. A browser answers
// pings itself and hides them from scripts, so the server measures them: for
// each text message it sends a Ping with that text as its payload, and when the
// Pong arrives it sends back the round-trip time in milliseconds.
func pings(session *ws.Session, stream *ws.MessageStream) {
	if err := pingOnRequest(session, stream.Aggregate(maxControlPayload)); err != nil {
		slog.Warn("pings ended", "peer", session.RemoteAddr(), "err", err)
	}
}

// maxControlPayload is the longest payload of a Ping, in bytes (RFC 6455
// section 5.5).
const maxControlPayload = 125

// pingOnRequest measures one Ping at a time: the page waits for each answer.
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
		case msg.Kind == ws.Pong && !sent.IsZero(): // a peer may send a Pong without a Ping
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
