package auth

import (
	"context"
	"errors"
	"time"

	"github.com/handset-go/handset/ws"
)

// FirstMessage serves clients whose first message is a token. ws.Handler makes an
// http.Handler of the function it returns.
func FirstMessage(users Users) func(*ws.Session, *ws.MessageStream) {
	return func(session *ws.Session, stream *ws.MessageStream) {
		token, err := first(stream.Aggregate(4 << 10)) // a short one, from anybody
		user, ok := users.User(token)
		if err != nil || !ok {
			_ = session.Close(ws.CloseReason{Code: 4401, Description: "the token is not valid"})
			return
		}
		serve(session, stream.Aggregate(1<<20), user)
	}
}

// first returns the first message, which must arrive within 5 s.
func first(stream *ws.AggregatedStream) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	for msg, err := range stream.All(ctx) {
		if err != nil {
			return "", err
		}
		if msg.Kind == ws.Text {
			return string(msg.Data), nil
		}
	}
	return "", errors.New("closed before the first message")
}
