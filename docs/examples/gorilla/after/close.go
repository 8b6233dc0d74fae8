package after

import (
	"context"
	"errors"

	"github.com/handset-go/handset/ws"
)

// Quiz closes the session after the answer, and saves how it ended.
func Quiz(ended chan<- ws.CloseReason) func(*ws.Session, *ws.MessageStream) {
	return func(session *ws.Session, stream *ws.MessageStream) {
		if msg, err := stream.Aggregate(1 << 10).Recv(context.Background()); err == nil {
			reason := ws.CloseReason{Code: 4000, Description: "wrong"}
			if string(msg.Data) == "42" {
				reason = ws.CloseReason{Code: ws.CloseNormal, Description: "right"}
			}
			_ = session.Close(reason)
		}
		<-session.Done() // at the latest after CloseTimeout, 5 s
		var closed *ws.CloseError
		if errors.As(session.Err(), &closed) {
			ended <- closed.Received
		} else {
			ended <- ws.CloseReason{Description: session.Err().Error()}
		}
	}
}
