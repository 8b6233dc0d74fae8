package slow

import (
	"context"
	"time"

	"github.com/handset-go/handset/ws"
)

// Answer waits until there is space for the answer, at most for a second.
func Answer(session *ws.Session, answer string) error {
	ctx, cancel := context.WithTimeout(session.Context(), time.Second)
	defer cancel()
	return session.Text(ctx, answer) // if it returns an error, nothing was sent
}
