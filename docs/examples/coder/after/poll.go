package after

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/handset-go/handset/ws"
)

// Greet greets a client that has sent nothing for a while, and then goes on. The
// end of a context ends only the waiting.
func Greet(after time.Duration) http.Handler {
	return ws.Handler(func(session *ws.Session, stream *ws.MessageStream) {
		whole := stream.Aggregate(32 << 10)
		for {
			ctx, cancel := context.WithTimeout(context.Background(), after)
			msg, err := whole.Recv(ctx)
			cancel()
			switch {
			case errors.Is(err, context.DeadlineExceeded):
				msg = ws.Message{Kind: ws.Text, Data: []byte("still there?")}
			case err != nil:
				return
			}
			if msg.Kind != ws.Text {
				continue
			}
			if err := session.Send(session.Context(), msg); err != nil {
				return
			}
		}
	})
}
