package auth

import (
	"context"
	"net/http"

	"github.com/handset-go/handset/ws"
)

// Dial connects a program, which can set the Authorization header.
func Dial(ctx context.Context, url, token string) (*ws.Session, *ws.MessageStream, error) {
	dialer := ws.Dialer{Header: http.Header{"Authorization": {"Bearer " + token}}}
	return dialer.Dial(ctx, url)
}

// Follow stays connected. Each attempt has a new token.
func Follow(url string, token func(context.Context) (string, error)) *ws.Redialer {
	return &ws.Redialer{URL: url, Before: func(ctx context.Context, a *ws.Attempt) error {
		text, err := token(ctx)
		a.Header.Set("Authorization", "Bearer "+text)
		return err
	}}
}
